#!/bin/sh
# layout.sh: extract --layout regripper and --print0.
. "$(dirname "$0")/lib.sh"

img=$root/testdata/sample.E01
if ! "$HIVELIFT" info -q "$img" >/dev/null 2>&1; then
	skip "no E01 here"
	finish
fi
run 0 "layout" extract --layout regripper "$img" -o "$tmp/o"
"$HIVELIFT" hives --json "$img" >"$tmp/hives" 2>/dev/null
(cd "$tmp/o" && find . -mindepth 1 | sed 's|^\./||' | sort) >"$tmp/got"
python3 - "$tmp/hives" >"$tmp/want" <<'PY'
import json, sys
names = ['SHA256SUMS', 'manifest.json']
for r in map(json.loads, open(sys.argv[1], encoding='utf-8')):
    if r.get('state') in ('clean', 'dirty', 'replayed', 'damaged'):
        user = r['user'] + '_' if r['user'] else ''
        names.append('v%s_%s%s' % (r['volume'], user,
                                   r['path'].rsplit('/', 1)[1]))
print('\n'.join(sorted(names)))
PY
LC_ALL=C sort -o "$tmp/got" "$tmp/got"
LC_ALL=C sort -o "$tmp/want" "$tmp/want"
check "layout: one flat folder of hives" cmp "$tmp/got" "$tmp/want"
check "layout: sha256sum -c" sh -c "cd '$tmp/o' &&
	sha256sum --quiet -c SHA256SUMS"
python3 - "$tmp/o" "$tmp/hives" >"$tmp/cmp" 2>&1 <<'PY'
import hashlib, json, os, sys
m = json.load(open(sys.argv[1] + '/manifest.json', encoding='utf-8'))
hives = {(r['volume'], r['path']): r
         for r in map(json.loads, open(sys.argv[2], encoding='utf-8'))
         if 'path' in r}
for f in m['files']:
    h = hives[f['volume'], f['path']]
    out = f['output'] or (f['replayed'] or {}).get('output')
    assert h['state'] == f['state'], f['path']
    if h['state'] == 'empty':
        assert out is None
        continue
    assert (f['replayed'] is not None) == (h['state'] == 'replayed'), f['path']
    got = hashlib.sha256(open(os.path.join(sys.argv[1], out),
                              'rb').read()).hexdigest()
    assert got == (f['replayed'] or f)['sha256'], f['path']
    if not f['replayed']:
        assert got == h['sha256']
assert len(m['files']) == len(hives), (len(m['files']), len(hives))
PY
check "layout: the manifest tells" test ! -s "$tmp/cmp"
head -n 5 "$tmp/cmp"
run 0 "layout, as found" extract --layout regripper --no-replay "$img" \
	-o "$tmp/n"
python3 - "$tmp/n" "$tmp/hives" >"$tmp/cmp" 2>&1 <<'PY'
import json, sys
m = json.load(open(sys.argv[1] + '/manifest.json', encoding='utf-8'))
hives = {(r['volume'], r['path']): r
         for r in map(json.loads, open(sys.argv[2], encoding='utf-8'))
         if 'path' in r}
for f in m['files']:
    assert f['replayed'] is None, f['path']
    if f['output']:
        assert f['sha256'] == hives[f['volume'], f['path']]['sha256']
PY
check "layout, as found: every hive as it is" test ! -s "$tmp/cmp"
head -n 5 "$tmp/cmp"
run 0 "layout as an archive" extract --layout regripper "$img" -o -
mkdir "$tmp/t"
check "archive: tar reads it" tar -xf "$out" -C "$tmp/t"
check "archive: the same hives" sh -c "rm '$tmp'/[to]/manifest.json \
	'$tmp'/[to]/SHA256SUMS && diff -r '$tmp/t' '$tmp/o'"
run 1 "layout and PATH" extract --layout regripper "$img" -o "$tmp/x" 3:/Users
one_line "layout and PATH" "--layout regripper"
for o in "--kind SAM" "--user alice" "--path */SAM" --deep; do
	set -f
	run 1 "$o and PATH" extract $o "$img" -o "$tmp/x" 3:/Users
	set +f
	one_line "$o and PATH" "${o%% *} is for hives"
done
run 1 "another layout" extract --layout flat "$img" -o "$tmp/x"
run 0 "layout tree" extract --layout tree "$img" -o "$tmp/x" --kind SAM
check "layout tree: as ever" test -e "$tmp/x/v3/Windows/System32/config/SAM"

# ---- --print0 ----
run 0 "--print0" extract -q --print0 "$img" -o "$tmp/p"
tr '\0' '\n' <"$out" >"$tmp/list"
equal "--print0: the hives that were written" "$(wc -l <"$tmp/list")" \
	"$(grep -cE '"state":"(clean|dirty|replayed)"' "$tmp/hives")"
check "--print0: every one is there, and a hive" xargs -0 -n 1 sh -c \
	'[ "$(head -c 4 "$1")" = regf ]' sh <"$out"
if grep -q '"state":"replayed"' "$tmp/hives"; then
	has "$tmp/list" "--print0: the replayed one" \
		"$tmp/p/v3/Users/alice/NTUSER.DAT.replayed"
	equal "--print0: and not the other" \
		"$(grep -cx "$tmp/p/v3/Users/alice/NTUSER.DAT" "$tmp/list")" 0
fi
run 1 "--print0 and --json" extract --print0 --json "$img" -o "$tmp/y"
one_line "--print0 and --json" "exclude each other"
run 1 "--print0 and PATH" extract --print0 "$img" -o "$tmp/y" 3:/Users

# ---- names ----
if need mkfs.fat mcopy; then
	f=$tmp/fat.img
	truncate -s 8M "$f"
	mkfs.fat "$f" >/dev/null
	MTOOLS_SKIP_CHECK=1
	export MTOOLS_SKIP_CHECK
	cp "$tmp/n/v3_SAM" "$tmp/hive"
	mmd -i "$f" ::/Windows ::/Windows/System32 \
		::/Windows/System32/config ::/Windows/System32/config/RegBack \
		::/Windows.old ::/Windows.old/Windows \
		::/Windows.old/Windows/System32 \
		::/Windows.old/Windows/System32/config ::/Users
	for p in Windows/System32/config/RegBack Windows/System32/config \
		Windows.old/Windows/System32/config; do
		mcopy -i "$f" "$tmp/hive" "::/$p/SAM"
	done
	for u in "a b" "a_b" "a%b" "Ann" "-x"; do
		mmd -i "$f" "::/Users/$u"
		mcopy -i "$f" "$tmp/hive" "::/Users/$u/NTUSER.DAT"
	done
	run 0 "names" extract --layout regripper "$f" -o "$tmp/names"
	(cd "$tmp/names" && printf '%s\n' v* | LC_ALL=C sort) >"$tmp/got"
	printf '%s\n' 'v1%~2_SAM' 'v1%~3_SAM' v1_-x_NTUSER.DAT \
		v1_Ann_NTUSER.DAT v1_SAM v1_a%20b_NTUSER.DAT \
		v1_a%25b_NTUSER.DAT v1_a%5Fb_NTUSER.DAT >"$tmp/want"
	check "names: no blank, no clash, the hive's own name last" \
		cmp "$tmp/got" "$tmp/want"
	diff "$tmp/got" "$tmp/want"
	python3 - "$tmp/names/manifest.json" >"$tmp/got" <<'PY'
import json, sys
print([f['path'] for f in json.load(open(sys.argv[1]))['files']
       if f['output'] == 'v1_SAM'][0])
PY
	equal "names: the one in use has no number" "$(cat "$tmp/got")" \
		/Windows/System32/config/SAM
fi
finish
