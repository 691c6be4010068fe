#!/bin/sh
# verify.sh: an image against its hashes, an output folder against its lists.
. "$(dirname "$0")/lib.sh"

sample=$root/testdata/sample.E01
verdict() { sed -n 's/^verdict  //p' "$out"; }
# put FILE OFFSET: other bytes there
put() {
	printf '\377\000\377\000hivelift' |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# ---- an image ---------------------------------------------------------------

run 0 "a good image" verify "$sample"
equal "a good image: the verdict" "$(verdict)" "stored MD5 matches"
run 0 "a good image, as JSON" verify --json --hash sha256,sha1 "$sample"
equal "JSON: one object" "$(json 'len(rows)')" 1
equal "JSON: what was asked for and what is stored" "$(json '[(h["name"],
	h["state"]) for h in rows[0]["hashes"]]')" \
	"[('MD5', 'match'), ('SHA-1', 'not-stored'), ('SHA-256', 'not-stored')]"
equal "JSON: state" "$(json 'rows[0]["state"]')" match
equal "JSON: no files without --files" "$(json 'rows[0]["files"]')" None
run 0 "a good image, --files" verify --json --files "$sample"
equal "JSON: none with --files" \
	"$(json 'rows[0]["files"], rows[0]["no_file_bytes"]')" "([], 0)"

head -c 3000000 /dev/urandom >"$tmp/raw"
cat "$root/testdata/sample.E01" >>"$tmp/raw"
run 0 "a raw image" verify "$tmp/raw"
equal "a raw image: the verdict" "$(verdict)" "no hash stored"
for tool in md5sum sha1sum sha256sum; do
	has "$out" "a raw image: $tool" "$($tool <"$tmp/raw" | cut -d ' ' -f 1)"
done
run 0 "a raw image: --hash" verify --hash md5 "$tmp/raw"
lacks "$out" "a raw image: only what was asked for" SHA

# a time budget: what was found up to there, and no digest
truncate -s 64G "$tmp/long"
printf '0x0 + 1\n0x0 0x1000 +\n0x1000 0x200 -\n0x1200 0xFFFFFEE00 +\n' \
	>"$tmp/long.map"
run 2 "no time" verify --json --timeout 3 --map "$tmp/long.map" "$tmp/long"
equal "no time: what was found is told" "$(json '[rows[0][k]
	for k in ("state", "bad", "hashes")]')" \
	"['damaged', [{'offset': 4096, 'length': 512, 'chunk': None, \
'state': 'unreadable'}], []]"
run 2 "no time, nothing bad" verify --timeout 2 "$tmp/long"
has "$out" "no time, nothing bad: how far" "verdict  not to the end: in "
lacks "$out" "no time, nothing bad: no digest" "MD5"
rm "$tmp/long"

for bad in "--hash md4" "--hash=" "--hash md5,,sha1"; do
	# shellcheck disable=SC2086
	run 1 "verify $bad" verify $bad "$sample"
done
run 1 "--image without a folder" verify "$sample" --image "$sample"
one_line "--image without a folder: said" "no output folder"
run 1 "a plain folder" verify "$tmp"
one_line "a plain folder: said" "is a folder"
run 1 "what is not there" verify "$tmp/nothing"
run 1 "no --volume of a whole image" ls --hash md5 "$sample"
one_line "--hash elsewhere: said" "no option of ls"
run 1 "into the image" verify "$sample" --image

# sets that ewfacquire writes, and what ewfverify finds in them
damaged() { # NAME OPTIONS
	rm -f "$tmp"/set.*
	# shellcheck disable=SC2086
	ewfacquire -u -q -t "$tmp/set" -C c -D d -e e -E 1 -N n -m fixed \
		-M physical $2 "$tmp/medium" >/dev/null 2>&1
	first=$(ls "$tmp"/set.[EsL]01)
	run 0 "$1: sound" verify "$first"
	has "$out" "$1: the hash" "$(md5sum <"$tmp/medium" | cut -d ' ' -f 1)"
	has "$out" "$1: matches" "matches"
	for at in 5000 900000 1000000; do
		[ "$at" -lt "$(wc -c <"$first")" ] && put "$first" $at
	done
	run 2 "$1: damaged" verify --json "$first"
	json '"\n".join(str(s) for b in rows[0]["bad"] for s in
		range(b["offset"] // 512, (b["offset"] + b["length"]) // 512))' \
		>"$tmp/ours"
	ewfverify "$first" >"$tmp/log" 2>&1
	sed -n 's/.*at sector(s): \([0-9]*\) - \([0-9]*\).*/\1 \2/p' \
		"$tmp/log" | while read -r a b; do seq "$a" "$b"; done |
		sort -nu >"$tmp/theirs"
	if [ -s "$tmp/theirs" ]; then
		check "$1: the same sectors are bad as for ewfverify" \
			cmp "$tmp/ours" "$tmp/theirs"
	else
		not_ok "$1: ewfverify tells no bad sectors"
	fi
	equal "$1: a damaged hash is not compared" \
		"$(json 'rows[0]["hashes"][0]["state"]')" not-comparable
	has "$err" "$1: said" "chunks damaged"
}
if need ewfacquire ewfverify; then
	head -c 2000000 /dev/urandom >"$tmp/medium"
	head -c 2194304 /dev/zero >>"$tmp/medium"
	damaged "plain chunks" "-c none -f encase6"
	damaged "deflated chunks" "-c best -f encase6"
	damaged "a set of segments" "-c none -f encase5 -S 1MiB"
	rm "$tmp/set.E02"
	run 1 "a missing segment" verify "$first"
	has "$err" "a missing segment: named" "set.E02"
	run 2 "a missing segment, allowed" verify --allow-missing --json "$first"
	equal "a missing segment: told" \
		"$(json '"missing" in [b["state"] for b in rows[0]["bad"]]')" True

	# a hash of other bytes, every chunk right: the digest section is the
	# last but one, and its own checksum is put right
	rm -f "$tmp"/set.*
	ewfacquire -u -q -t "$tmp/set" -C c -D d -e e -E 1 -N n -m fixed \
		-M physical -c fast "$tmp/medium" >/dev/null 2>&1
	python3 - "$tmp/set.E01" <<-'END'
	import struct, sys, zlib
	b = bytearray(open(sys.argv[1], "rb").read())
	for name, at, size in ((b"hash\0", 0, 32), (b"digest\0", 0, 76)):
	    i = b.rfind(name + b"\0")
	    if i < 0:
	        continue
	    body = i + 76
	    b[body] ^= 1
	    struct.pack_into("<I", b, body + size,
	                     zlib.adler32(bytes(b[body:body + size])))
	open(sys.argv[1], "wb").write(b)
	END
	run 2 "another hash is stored" verify "$tmp/set.E01"
	has "$out" "another hash: said" "stored MD5 does not match, although"
	lacks "$out" "another hash: nobody is accused" tamper
fi

# the files in bad chunks, on all file systems that can be made here
touched() { # NAME IMAGE BIG SMALL
	"$HIVELIFT" stat --json "$2" "$3" >"$out" 2>/dev/null
	at=$(json '[x["offset"] for r in rows for s in r.get("streams", [])
		if not s["name"] for x in s["runs"]][0]')
	rm -f "$tmp"/fs.*
	ewfacquire -u -q -t "$tmp/fs" -C c -D d -e e -E 1 -N n -m fixed \
		-M physical -c none -b 16 -f encase6 "$2" >/dev/null 2>&1
	# chunks of 8192 bytes and 4 of checksum, from the sectors section on
	start=$(LC_ALL=C grep -abo sectors "$tmp/fs.E01" | head -n 1 |
		cut -d : -f 1)
	chunk=$(((at + 16384) / 8192))
	put "$tmp/fs.E01" $((start + 76 + chunk * 8196 + 100))
	run 2 "$1: --files" verify --json --files "$tmp/fs.E01"
	equal "$1: one chunk" "$(json '[(b["chunk"], b["length"])
		for b in rows[0]["bad"]]')" "[($chunk, 8192)]"
	equal "$1: its file, and no other" \
		"$(json '[f["path"] for f in rows[0]["files"]]')" "['$3']"
	has "$err" "$1: in words" "1 of $(json \
		'format(rows[0]["chunks"], ",")') chunks damaged, 1 file affected"
	lacks "$err" "$1: on all volumes" "asked for"
	run 2 "$1: --files --volume" verify --files --volume 1 "$tmp/fs.E01"
	has "$out" "$1: --files --volume: the verdict says so" \
		"1 file affected on the volume asked for"
	run 2 "$1: --files --offset" verify --files --offset 8191s "$tmp/fs.E01"
	has "$out" "$1: --files --offset: another place" \
		"8192 of the bad bytes: in no file of the volume asked for"
}
if need ewfacquire mkfs.fat mcopy && fat "$tmp/fat.img" 8; then
	touched FAT "$tmp/fat.img" /Folder/random.bin
fi
if need ewfacquire mkntfs ntfscp && ntfs "$tmp/ntfs.img" 8; then
	touched NTFS "$tmp/ntfs.img" /random.bin
fi

# sets of others: what ewfverify says of them
if [ -d "$corpus/images" ] && need ewfverify; then
	find "$corpus" -iname '*.E01' ! -name 'fuzz-*' -size +0 | sort \
		>"$tmp/sets"
	while read -r set; do
		"$HIVELIFT" verify "$set" >"$out" 2>"$err"
		got=$?
		if ewfverify -q "$set" >/dev/null 2>&1; then
			equal "$(basename "$set"): as ewfverify" $got 0
		else
			equal "$(basename "$set"): with its tail" "$got $(grep \
				-c 'which the source had' "$out")" "0 1"
		fi
	done <"$tmp/sets"
else
	skip "no corpus at $corpus"
fi

# ---- an output folder -------------------------------------------------------

"$HIVELIFT" extract -q "$sample" -o "$tmp/o" 2>/dev/null
fresh() { rm -rf "$tmp/d" && cp -a "$tmp/o" "$tmp/d"; }
states() { json '[(r["output"].split("/")[-1], r["state"]) for r in rows
	if r["type"] == "file" and r["state"] != "ok"]'; }

run 0 "a good folder" verify "$tmp/o"
has "$out" "a good folder: the verdict" "all as listed"
run 0 "a good folder against its image" verify "$tmp/o" --image "$sample"
equal "the image is not asked for less files" \
	"$(verdict | cut -d ' ' -f 1)" "$(wc -l <"$tmp/o/SHA256SUMS")"
"$HIVELIFT" extract -q --layout regripper "$sample" -o "$tmp/flat" 2>/dev/null
run 0 "a flat folder" verify "$tmp/flat" --image "$sample"
run 0 "a good folder against its image, as JSON" verify --json "$tmp/o" \
	--image "$sample"
equal "as many are compared as the image gave" "$(json 'rows[-1]["compared"]')" \
	"$(python3 -c 'import json, sys
print(len(json.load(open(sys.argv[1]))["files"]))' "$tmp/o/manifest.json")"
run 0 "a good folder alone, as JSON" verify --json "$tmp/o"
equal "none is compared" "$(json 'rows[-1]["compared"]')" None

fresh
soft=$(find "$tmp/d" -name SOFTWARE ! -path '*RegBack*')
put "$soft" 5000
echo more >>"$(find "$tmp/d" -name SECURITY ! -path '*RegBack*')"
mv "$(find "$tmp/d" -name SAM ! -path '*RegBack*')" "$tmp/d/Sam.old"
rm "$(find "$tmp/d" -name Amcache.hve)"
echo new >"$tmp/d/new"
ln -s /etc/passwd "$tmp/d/link"
run 2 "a folder with everything wrong" verify --json "$tmp/d"
equal "every change is told" "$(states)" "[('SECURITY', 'changed'), \
('SOFTWARE', 'changed'), ('Amcache.hve', 'missing'), ('SAM', 'renamed'), \
('link', 'extra'), ('new', 'extra')]"
has "$out" "the new name is told" '"now":"Sam.old"'
( cd "$tmp/d" && sha256sum -c SHA256SUMS ) >"$tmp/log" 2>&1
equal "sha256sum finds as many" "$(json 'sum(r["state"] not in ("ok", "extra")
	for r in rows if r["type"] == "file")')" "$(grep -c FAILED "$tmp/log")"

# a file, its sums and the manifest changed together: only the image knows
fresh
put "$tmp/d/${soft#"$tmp/d/"}" 5000
python3 - "$tmp/d" "${soft#"$tmp/d/"}" <<'END'
import hashlib, json, sys
top, rel = sys.argv[1:]
data = open(top + "/" + rel, "rb").read()
m = json.load(open(top + "/manifest.json", encoding="utf-8"))
for f in m["files"]:
    if f["output"] == rel:
        for h in ("md5", "sha1", "sha256"):
            f[h] = hashlib.new(h, data).hexdigest()
text = json.dumps(m).encode()
open(top + "/manifest.json", "wb").write(text)
lines = open(top + "/SHA256SUMS", encoding="utf-8").read().splitlines()
out = []
for line in lines:
    name = line[66:]
    if name == rel:
        line = hashlib.sha256(data).hexdigest() + "  " + name
    if name == "manifest.json":
        line = hashlib.sha256(text).hexdigest() + "  " + name
    out.append(line + "\n")
open(top + "/SHA256SUMS", "w", encoding="utf-8").writelines(out)
END
run 0 "all lists changed: the folder alone says nothing" verify "$tmp/d"
run 2 "all lists changed: the image does" verify "$tmp/d" --image "$sample" --json
equal "all lists changed: the file" "$(states)" \
	"[('SOFTWARE', 'differs-from-image')]"

# hostile lists
hostile() { # NAME PYTHON
	fresh
	python3 - "$tmp/d" "$2" <<-'END'
	import json, sys
	top, code = sys.argv[1:]
	m = json.load(open(top + "/manifest.json", encoding="utf-8"))
	text = None
	f = m["files"]
	exec(code)
	open(top + "/manifest.json", "w", encoding="utf-8").write(
	    json.dumps(m) if text is None else text)
	END
	run 2 "$1" verify --json "$tmp/d"
}
for path in ../../../etc/passwd /etc/passwd a//b . .. v3/../../x ""; do
	hostile "output '$path'" "f[0]['output'] = '$path'"
	equal "output '$path' is refused" "$(json "[r['state'] for r in rows
		if r.get('output') == '$path']")" "['refused']"
done
echo "$(echo x | sha)  ../../../../etc/passwd" >>"$tmp/d/SHA256SUMS"
run 2 "a sum of what lies elsewhere" verify --json "$tmp/d"
has "$out" "a sum of what lies elsewhere: refused" '"state":"refused"'
hostile "a manifest that is cut" "text = json.dumps(m)[:3000]"
has "$err" "a manifest that is cut: said" "manifest.json: is damaged"
hostile "a manifest that is none" "text = '[[[[' * 1000"
hostile "a manifest of strings" "m['files'] = ['x', 'y']"
hostile "numbers for texts" "f[0]['output'] = 5; f[1]['sha256'] = [1]"
hostile "negative sizes" "f[0]['size'] = -1; f[1]['size'] = 1e300"
rm "$tmp/d/manifest.json"
run 2 "no manifest" verify "$tmp/d"
has "$err" "no manifest: said" "manifest.json"
fresh
rm "$tmp/d/SHA256SUMS"
run 2 "no sums" verify "$tmp/d"
fresh
rm -rf "$tmp/d/v3"
ln -s "$tmp/o/v3" "$tmp/d/v3"
run 2 "a folder that is a link" verify --json "$tmp/d"
lacks "$out" "a folder that is a link: not followed" \
	'v3/Windows/System32/config/SOFTWARE","state":"ok"'
finish
