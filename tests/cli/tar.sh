#!/bin/sh
# tar.sh: extract -o - writes what extract -o DIR writes, as tar reads it;
# --dfxml says in XML what the manifest says.
. "$(dirname "$0")/lib.sh"

# same NAME DIR1 DIR2: equal but for the command line and the time of the run
same() {
	for d in "$2" "$3"; do
		python3 - "$d" <<'PY'
import json, os, re, sys
os.chdir(sys.argv[1])
m = json.load(open('manifest.json', encoding='utf-8'))
del m['run'], m['command']
json.dump(m, open('manifest.json', 'w'), sort_keys=True, indent=1)
s = open('dfxml.xml', encoding='utf-8').read()
s = re.sub('<command_line>.*</command_line>', '', s)
open('dfxml.xml', 'w', encoding='utf-8').write(s)
s = open('SHA256SUMS').read().splitlines()
open('SHA256SUMS', 'w').write('\n'.join(
    l for l in s if not l.endswith(('manifest.json', 'dfxml.xml'))))
PY
	done
	check "$1: the same files" diff -r "$2" "$3"
	# what has no time is of 1970 in an archive, and of now in a folder
	(cd "$3" && find v* -type f -newermt 1970-01-02 -printf '%P %T@\n' |
		sort) >"$tmp/times2"
	(cd "$2" && find v* -type f -printf '%P %T@\n' | sort) |
		grep -xFf "$tmp/times2" >"$tmp/times1"
	check "$1: the same times" cmp "$tmp/times1" "$tmp/times2"
}

# both NAME STATUS IMAGE [PATH...]: as a folder and as an archive
both() {
	name=$1 want=$2 img=$3
	shift 3
	rm -rf "$tmp/dir" "$tmp/un"
	mkdir "$tmp/un"
	run "$want" "$name: folder" extract --dfxml "$img" -o "$tmp/dir" "$@"
	"$HIVELIFT" extract --dfxml "$img" -o - "$@" >"$tmp/a.tar" 2>"$err"
	equal "$name: archive: status" $? "$want"
	check "$name: tar reads it" tar --warning=no-timestamp \
		-xf "$tmp/a.tar" -C "$tmp/un"
	lacks "$tmp/check.log" "$name: tar has nothing to say" "tar:"
	equal "$name: the manifest is the last" \
		"$(tar -tf "$tmp/a.tar" | tail -n 1)" manifest.json
	equal "$name: whole records" $(($(wc -c <"$tmp/a.tar") % 10240)) 0
	check "$name: sha256sum -c" sh -c "cd '$tmp/un' &&
		sha256sum --quiet -c SHA256SUMS"
	check "$name: Python reads it" python3 -c '
import sys, tarfile
for m in tarfile.open(sys.argv[1]):
    assert m.uid == m.gid == 0 and m.type in b"05", m.name
    assert not m.name.startswith("/") and ".." not in m.name.split("/")' \
		"$tmp/a.tar"
	xml "$name" "$tmp/dir"
	same "$name" "$tmp/dir" "$tmp/un"
}

# xml NAME DIR: dfxml.xml is well-formed and tells what the manifest tells
xml() {
	if need xmllint; then
		check "$1: DFXML: well-formed" xmllint --noout "$2/dfxml.xml"
	fi
	python3 - "$2" >"$tmp/cmp" 2>&1 <<'PY'
import json, sys
import xml.etree.ElementTree as ET
m = json.load(open(sys.argv[1] + '/manifest.json', encoding='utf-8'))
root = ET.parse(sys.argv[1] + '/dfxml.xml').getroot()
D = '{http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML}'
H = '{urn:hivelift}'
objects = [(v, o) for v in root.findall(D + 'volume')
           for o in v.findall(D + 'fileobject')]
assert len(objects) == len(m['files']), (len(objects), len(m['files']))
for (v, o), f in zip(objects, m['files']):
    def get(name):
        e = o.find(D + name)
        return None if e is None else e.text
    def show(s):  # what XML cannot hold
        return ''.join('\ufffd' if ord(c) < 32 or 0x7f <= ord(c) < 0xa0 or
                       ord(c) in (0xfffe, 0xffff) else c for c in s)
    name = f['path'][1:] or '/'
    if '\ufffd' not in f['path']:
        assert (get('filename') or '').replace('\ufffd\ufffd', '\ufffd') == \
            show(name), (get('filename'), name)
    assert int(get('filesize')) == f['size']
    assert get('partition') == f['volume']
    assert get('inode') == (None if f['record'] is None else str(f['record']))
    assert get('mtime') == f['modified'] and get('crtime') == f['created']
    out = o.find(H + 'output')
    assert (None if out is None else out.text) == f['output']
    want = {k: f[k] for k in ('md5', 'sha1', 'sha256') if f[k]}
    got = {e.get('type'): e.text for e in o.findall(D + 'hashdigest')}
    assert got == want, (got, want)
    runs = o.findall(D + 'byte_runs/' + D + 'byte_run')
    assert [(int(r.get('file_offset')), int(r.get('len')),
             int(r.get('img_offset')) if r.get('img_offset') else None)
            for r in runs] == [(r['file_offset'], r['length'], r['offset'])
                               for r in f['runs']], f['path']
PY
	check "$1: DFXML: as the manifest" test ! -s "$tmp/cmp"
	head -n 5 "$tmp/cmp"
}

img=$root/testdata/sample.E01
if "$HIVELIFT" info -q "$img" >/dev/null 2>&1; then
	both "sample" 0 "$img"
	run 0 "one of them" extract "$img" -o - --kind SAM
	check "stdout holds the archive only" tar -tf "$out"
	has "$err" "the words are on stderr" "written to stdout"
	run 1 "--json" extract --json "$img" -o -
	one_line "--json" "exclude each other"
	run 1 "--print0" extract --print0 "$img" -o -
	one_line "--print0" "exclude each other"
	run 1 "nothing found" extract --user nobody "$img" -o -
	check "nothing found: nothing written" test ! -s "$out"
	"$HIVELIFT" extract "$img" -o - / 2>"$err" | head -c 3000 >/dev/null
	has "$err" "closed pipe: said" "Broken pipe"
	if [ -e /dev/full ]; then
		"$HIVELIFT" extract "$img" -o - >/dev/full 2>"$err"
		equal "full disk: status" $? 1
		has "$err" "full disk: said" "No space left"
	fi
	TMPDIR=$tmp/none "$HIVELIFT" extract "$img" -o - >"$out" 2>"$err"
	equal "no place for temporary files: status" $? 1
	has "$err" "no place for temporary files: said" "temporary file"
else
	skip "no E01 here"
fi

if need mkfs.fat mcopy; then
	img=$tmp/fat.img
	fat "$img" 8
	long=$(printf 'n%.0s' $(seq 1 200))
	mmd -i "$img" "::/$long" "::/$long/$long" ::/empty
	mcopy -i "$img" "$tmp/hello" "::/$long/$long/ünï <code>.txt" ||
		mcopy -i "$img" "$tmp/hello" "::/$long/$long/umlaut.txt"
	mcopy -i "$img" "$tmp/hello" "::/a & b 'c'.txt"
	both "FAT" 0 "$img" /
	check "FAT: an empty folder is there" test -d "$tmp/un/v1/empty"
fi
if need mkntfs ntfscp; then
	img=$tmp/ntfs.img
	ntfs "$img" 8
	both "NTFS" 0 "$img" /
fi
hostile=$unpacked/google__rrg/smol.ntfs
if [ -e "$hostile" ]; then
	both "hostile names" 0 "$hostile" /
fi

# ---- what ustar cannot say ----
if need mkfs.fat mcopy; then
	img=$tmp/old.img
	truncate -s 4M "$img"
	mkfs.fat "$img" >/dev/null
	touch -d '1981-03-04 05:06:08' "$tmp/hello"
	mcopy -m -i "$img" "$tmp/hello" ::/old.txt
	both "old times" 0 "$img" /
fi
finish
