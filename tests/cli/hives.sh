#!/bin/sh
# hives.sh: hives and extract on the corpus' cases and the sample.
. "$(dirname "$0")/lib.sh"

one_case() { # NAME IMAGE TRUTH STATUS
	name=$1 img=$2 truth=$3
	run "$4" "$name: hives --json" hives --json "$img"
	python3 - "$out" "$truth" >"$tmp/cmp" 2>&1 <<'PY'
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1], encoding='utf-8')]
truth = json.load(open(sys.argv[2], encoding='utf-8'))
want = {(str(h['volume']), h['path']): h
        for h in truth['hives'] if not h['deleted']}
got = {(r['volume'], r['path']): r for r in rows[:-1]}
for k in want.keys() - got.keys():
    print('missing', k)
for k in got.keys() - want.keys():
    print('too many', k)
for k in want.keys() & got.keys():
    for f in ('kind', 'user', 'size', 'sha256', 'record'):
        if want[k][f] != got[k][f]:
            print(k, f, got[k][f], want[k][f])
    logs = sorted(l['path'].rsplit('.', 1)[1].upper() for l in got[k]['logs'])
    if want[k]['replay'] and (got[k]['state'] != 'replayed' or
                              got[k]['replay']['state'] != 'replayed' or
                              not any(l['used'] for l in got[k]['logs'])):
        print(k, 'state', got[k]['state'])
    if logs != sorted(want[k]['logs']):
        print(k, 'logs', logs, want[k]['logs'])
keys = ('volume path kind user sid sid_source size sha256 record sequence deleted state '
        'seq1 seq2 version last_written embedded_name same_as logs replay '
        'created modified mft_changed accessed notes').split()
for r in rows[:-1]:
    if [k for k in r if k not in ('path_utf16', 'restore_point')] != keys:
        print('keys', list(r))
if rows[-1].get('type') != 'coverage':
    print('last line', rows[-1])
PY
	check "$name: hives as the truth has them" test ! -s "$tmp/cmp"
	head -n 5 "$tmp/cmp"
	n=$(json 'len(rows) - 1')
	run "$4" "$name: hives" hives "$img"
	equal "$name: a row for each" "$(wc -l <"$out")" $((n + 1))
	has "$err" "$name: coverage" "searched: volumes"
	rm -rf "$tmp/o"
	run "$4" "$name: extract" extract "$img" -o "$tmp/o"
	check "$name: stdout is empty" test ! -s "$out"
	has "$err" "$name: says how many" "$n hives"
	has "$err" "$name: says where" "$tmp/o"
	check "$name: sha256sum -c" sh -c "cd '$tmp/o' &&
		sha256sum --quiet -c SHA256SUMS"
	python3 - "$tmp/o" "$truth" >"$tmp/cmp" 2>&1 <<'PY'
import hashlib, json, os, sys
truth = json.load(open(sys.argv[2], encoding='utf-8'))
for h in truth['hives']:
    p = os.path.join(sys.argv[1], 'v%s' % h['volume'], h['path'][1:])
    if h['deleted']:
        if os.path.exists(p):
            print('deleted, but there', p)
        continue
    if hashlib.sha256(open(p, 'rb').read()).hexdigest() != h['sha256']:
        print('differs', p)
    for log in h['logs']:
        if not os.path.exists(p + '.' + log):
            print('no log', p, log)
PY
	check "$name: files as the truth has them" test ! -s "$tmp/cmp"
	head -n 5 "$tmp/cmp"
}

have=
for c in win10 xp; do
	truth=$corpus/cases/$c.json
	[ -r "$truth" ] || continue
	img=$corpus/cases/$c.E01
	if [ ! -e "$img" ]; then
		img=$tmp/$c.dd
		gzip -dc "$corpus/cases/$c.dd.gz" >"$img"
	fi
	have=$img
	# both hold a hive with damage or of another kind: see the truth
	want=0
	"$HIVELIFT" hives -q "$img" >"$out" 2>/dev/null
	grep -qE '^ +[0-9]+ +(damaged|not-a-hive) ' "$out" && want=2
	one_case $c "$img" "$truth" $want
	lacks "$err" "$c: a sound disk warns of nothing" "warning:"
	lacks "$err" "$c: notes of single files only with -v" "note:"
	[ $c = win10 ] || continue
	run 0 "-v" hives -v "$img"
	has "$err" "-v: why it is dirty" "sequence numbers differ"
	equal "-v: each note once" "$(sort "$err" | uniq -d)" ""
	run 0 "--kind" hives --kind SAM --json "$img"
	equal "--kind: one" "$(json '[r["path"] for r in rows[:-1]]')" \
		"['/Windows/System32/config/SAM']"
	run 0 "--user" hives --user ALICE --json "$img"
	equal "--user: hers" "$(json 'sorted(r["kind"] for r in rows[:-1])')" \
		"['NTUSER', 'USRCLASS']"
	for p in '/windows/*/config/*' 'C:\Windows\*\config\*' \
		'windows/*/CONFIG/*' 'd:Windows/?ystem32/config*' \
		'3:/Windows/*/config/*' '3:C:\Windows\*\config\*'; do
		run 0 "--path $p" hives --path "$p" --json "$img"
		equal "--path $p: as a path is written" True "$(json '
len(rows) > 3 and all(r["path"].startswith("/Windows/System32/config/")
                      for r in rows[:-1])')"
	done
	run 1 "--path of another volume" hives --path '1:/Windows/*' "$img"
	run 1 "--path and --volume of two" hives --path '3:/W*' --volume 2 "$img"
	one_line "--path and --volume of two: said" "--path names volume 3"
	run 1 "--path: nothing" hives --path '' "$img"
	run 0 "--path" hives --path '*/regback/*' --json "$img"
	equal "--path: state empty" "$(json '[r["state"] for r in rows[:-1]]')" \
		"['empty']"
	run 1 "nothing that was asked for" hives --user nobody "$img"
	has "$err" "nothing: looked in" "searched: volumes"
	run 0 "the same again" hives --json "$img"
	cp "$out" "$tmp/first"
	run 0 "the same again" hives --json "$img"
	check "the same output" cmp "$out" "$tmp/first"
	run 0 "extract PATH" extract "$img" -o "$tmp/p" \
		/Windows/System32/config/SAM '3:\Users\alice\NTUSER.DAT'
	equal "extract PATH: those two" \
		"$(cd "$tmp/p" && find v3 -type f | sort | tr '\n' ' ')" \
		"v3/Users/alice/NTUSER.DAT v3/Windows/System32/config/SAM "
	run 1 "extract: one PATH of two" extract "$img" -o "$tmp/q" \
		/Windows/System32/config/SAM /nowhere
	has "$err" "extract: names the missing one" "/nowhere"
	check "extract: the other is there" \
		test -e "$tmp/q/v3/Windows/System32/config/SAM"
	run 0 "extract --json" extract --json --no-replay "$img" -o "$tmp/j"
	equal "extract --json: coverage last" "$(json 'rows[-1]["type"]')" \
		coverage
	run 1 "extract again" extract "$img" -o "$tmp/j"
	run 0 "extract --force" extract --force "$img" -o "$tmp/j"
	run 0 "memory" hives -q --stats "$img"
	peak=$(sed -n 's/.*own peak \([0-9]*\) bytes.*/\1/p' "$err")
	check "memory: under 32 MiB" test "$peak" -lt 33554432
	has "$err" "memory: nothing but numbers" "stats: cache"
done
[ -n "$have" ] || skip "no corpus: cases"

# ---- nothing found is not the same as nothing searched ----
if [ -r "$corpus/images" ]; then
	bl=$corpus/images/util-linux__util-linux/blkid/images-fs
	if [ -r "$bl/bitlocker-win7.img.xz" ] && need xz; then
		xz -dc "$bl/bitlocker-win7.img.xz" >"$tmp/bl.img"
		run 2 "BitLocker: hives" hives "$tmp/bl.img"
		has "$err" "BitLocker: named" "BitLocker"
		has "$err" "BitLocker: not searched" "NOT SEARCHED"
		run 2 "BitLocker: extract" extract "$tmp/bl.img" -o "$tmp/b"
		check "BitLocker: nothing left" test ! -e "$tmp/b"
		run 2 "BitLocker: info" info "$tmp/bl.img"
		has "$out" "BitLocker: info names it" "BitLocker"
	fi
	v=$corpus/images/Velocidex__velociraptor/partition_image.E01
	if [ -r "$v" ]; then
		run 2 "not a hive: hives" hives "$v"
		has "$out" "not a hive: state" "not-a-hive"
		has "$err" "not a hive: said" "NTUser.dat: not-a-hive"
	fi
fi

# a copy that a limit cut says nothing of the hive it came from
rm -rf "$tmp/cut"
run 2 "--max-file-size: hives are cut" extract --max-file-size 20K \
	testdata/sample.E01 -o "$tmp/cut"
has "$err" "--max-file-size: said" "the limit"
python3 - "$tmp/cut/manifest.json" >"$tmp/cmp" 2>&1 <<'PY'
import json, sys
cut = [f for f in json.load(open(sys.argv[1]))['files']
       if f.get('written') is not None]
if not cut:
    print('nothing was cut')
for f in cut:
    if f['state'] is not None or f['written'] != 20480:
        print(f['path'], f['state'], f['written'])
PY
check "--max-file-size: what is cut is not judged" test ! -s "$tmp/cmp"
finish
