#!/bin/sh
# files.sh: cat, ls and stat on volumes that other programs wrote.
. "$(dirname "$0")/lib.sh"
mnt=
undo() { [ -z "$mnt" ] || umount "$mnt" 2>/dev/null; }

# ---- FAT ----
if need mkfs.fat mcopy mmd && fat "$tmp/fat.img" 8; then
	img=$tmp/fat.img
	run 0 "cat" cat "$img" /Folder/random.bin
	equal "cat: content" "$(sha <"$out")" "$(sha <"$tmp/random")"
	run 0 "cat: case, backslashes, drive letter" \
		cat "$img" 'c:\FOLDER\RANDOM.BIN'
	equal "cat: the same content" "$(sha <"$out")" "$(sha <"$tmp/random")"
	run 0 "cat: volume in front" cat "$img" '1:/folder/random.bin'
	run 1 "cat: no such volume" cat "$img" '7:/folder/random.bin'
	has "$err" "cat: no such volume: said" "no volume 7"
	run 1 "cat: a folder" cat "$img" /Folder
	one_line "cat: a folder: said" "is a folder"
	run 0 "cat --slack" cat --slack "$img" "/A rather long name.txt"
	check "cat --slack: whole clusters" \
		test "$(($(wc -c <"$out") % 512))" = 0
	equal "cat --slack: begins with the content" \
		"$(head -c 6 "$out")" hello
	run 2 "cat --max-file-size" cat --max-file-size 1000 "$img" \
		/Folder/random.bin
	equal "cat --max-file-size: cut" "$(wc -c <"$out")" 1000
	has "$err" "cat --max-file-size: said" "--max-file-size"

	run 0 "ls" ls "$img" /
	equal "ls: names, folders end in /" \
		"$(sort "$out" | tr '\n' ' ')" "A rather long name.txt Folder/ "
	run 0 "ls -R" ls -R "$img"
	equal "ls -R: full paths" "$(sort "$out" | tr '\n' ' ')" \
"/A rather long name.txt /Folder/ /Folder/Sub/ /Folder/random.bin "
	has "$err" "ls -R: coverage" "searched: volumes 1 (fat"
	run 0 "ls -R -q" ls -R -q "$img"
	check "ls -R -q: silent" test ! -s "$err"
	run 0 "ls of a file" ls -l "$img" /Folder/random.bin
	has "$out" "ls -l: size" " 70000 "
	run 0 "ls --json" ls --json -R "$img"
	equal "ls --json: keys" "$(json 'sorted(rows[0])')" "['accessed',\
 'attributes', 'created', 'deleted', 'link_target', 'mft_changed',\
 'modified', 'path', 'record', 'sequence', 'size', 'streams', 'type',\
 'volume']"
	equal "ls --json: local time without a zone" "$(json \
		'[r["modified"] for r in rows if "long" in r.get("path","")]')" \
		"['2020-01-02T03:04:06']"
	equal "ls --json: no record on FAT" \
		"$(json '{r["record"] for r in rows[:-1]}')" "{None}"
	equal "ls --json: the last line is the coverage" \
		"$(json '[rows[-1]["type"], [v["volume"] for v in rows[-1]["coverage"]["searched"]]]')" \
		"['coverage', ['1']]"
	run 0 "ls --tz" ls --json --tz Europe/Berlin "$img"
	equal "ls --tz: UTC" "$(json \
		'[r["modified"] for r in rows if "long" in r["path"]]')" \
		"['2020-01-02T02:04:06.0000000Z']"
	run 0 "ls --tz: POSIX form" ls --json --tz EST5EDT "$img"
	equal "ls --tz: west" "$(json \
		'[r["modified"] for r in rows if "long" in r["path"]]')" \
		"['2020-01-02T08:04:06.0000000Z']"
	run 0 "ls --body" ls --body -R "$img"
	equal "ls --body: eleven fields" \
		"$(awk -F '|' '{print NF}' "$out" | sort -u)" 11
	has "$out" "ls --body: time" "|1577934246|"
	if command -v mactime >/dev/null 2>&1; then
		check "ls --body: mactime reads it" mactime -b "$out"
	fi
	run 0 "stat" stat "$img" /Folder/random.bin
	has "$out" "stat: size" "70000"
	run 0 "stat --json" stat --json "$img" /Folder/random.bin
	python3 - "$out" "$img" "$tmp/random" >"$tmp/runs" 2>&1 <<'PY'
import json, sys
row = json.load(open(sys.argv[1]))
image = open(sys.argv[2], 'rb').read()
want = open(sys.argv[3], 'rb').read()
got = b''
for s in row['streams']:
    for r in s['runs']:
        assert r['file_offset'] == len(got), r
        assert r['what'] == 'data' and r['state'] == 'ok', r
        got += image[r['offset']:r['offset'] + r['length']]
print(got == want)
PY
	equal "stat --json: the runs lead to the bytes" \
		"$(cat "$tmp/runs")" True
	run 0 "--offset" ls --offset 0 "$img" /
	run 1 "--offset behind the end" ls --offset 100M "$img" /
	one_line "--offset behind the end: said" "behind the end"
	run 0 "--stats" ls -R -q --stats "$img"
	has "$err" "--stats: bytes" "stats: image files:"
	has "$err" "--stats: memory" "own peak"
	printf 'x\033[2J' >"$tmp/esc"
fi

# ---- NTFS ----
if need mkntfs ntfscp && ntfs "$tmp/ntfs.img" 8; then
	img=$tmp/ntfs.img
	run 0 "NTFS cat" cat "$img" /random.bin
	equal "NTFS cat: content" "$(sha <"$out")" "$(sha <"$tmp/random")"
	run 0 "NTFS cat: stream" cat "$img" /random.bin:ads
	equal "NTFS cat: stream content" "$(cat "$out")" hello
	for c in cat stat ls "extract -o $tmp/none"; do
		# shellcheck disable=SC2086
		run 1 "NTFS ${c%% *}: no such stream" $c "$img" /random.bin:nope
		has "$err" "NTFS ${c%% *}: no such stream: said" \
			"/random.bin:nope: no such stream"
	done
	check "NTFS extract: no such stream: nothing is left" \
		test ! -e "$tmp/none"
	# as dir /r prints them
	for p in '/random.bin::$DATA' '\random.bin::$data' '/random.bin:'; do
		run 0 "NTFS cat $p" cat "$img" "$p"
		equal "NTFS cat $p: content" "$(sha <"$out")" \
			"$(sha <"$tmp/random")"
		run 0 "NTFS extract $p" extract "$img" "$p" -o "$tmp/typed"
		check "NTFS extract $p: content" cmp "$tmp/random" \
			"$tmp/typed/v1/random.bin"
		rm -rf "$tmp/typed"
	done
	run 0 "NTFS cat: a stream with its type" cat "$img" \
		'C:\RANDOM.BIN:ADS:$DATA'
	equal "NTFS cat: a stream with its type: content" "$(cat "$out")" hello
	run 0 "NTFS extract: a stream with its type" extract "$img" \
		'/random.bin:ads:$DATA' -o "$tmp/typed"
	check "NTFS extract: a stream with its type: content" \
		cmp "$tmp/hello" "$tmp/typed/v1/random.bin%3Aads"
	run 1 "NTFS cat: another type" cat "$img" '/random.bin:ads:$INDEX'
	if [ "$(id -u)" = 0 ] && [ -e /dev/fuse ] && need ntfs-3g; then
		# POSIX puts a colon into a name; then all of it is the name
		cp "$img" "$tmp/colon.img" && mkdir "$tmp/colon"
		ntfs-3g -o streams_interface=none "$tmp/colon.img" \
			"$tmp/colon" 2>/dev/null &&
			for n in 'a:b' 'a:' 'a::$DATA'; do
				printf '%s' "$n" >"$tmp/colon/$n"
			done
		umount "$tmp/colon"
		for n in 'a:b' 'a:' 'a::$DATA'; do
			equal "a name with a colon: $n" "$n" "$("$HIVELIFT" \
				cat -q "$tmp/colon.img" "/$n" 2>&1)"
			run 0 "a name with a colon: stat $n" stat --json \
				"$tmp/colon.img" "/$n"
			equal "a name with a colon: $n: its path" "/$n" \
				"$(json 'rows[0]["path"]')"
		done
	else
		skip "no root, FUSE or loop devices: names with a colon"
	fi
	run 0 "NTFS ls --json" ls --json "$img" /
	equal "NTFS ls --json: streams" "$(json \
		'[r["streams"] for r in rows if r["path"]=="/random.bin"]')" \
		"[[{'name': 'ads', 'size': 6}]]"
	n=$(json '[r["record"] for r in rows if r["path"]=="/random.bin"][0]')
	s=$(json '[r["sequence"] for r in rows if r["path"]=="/random.bin"][0]')
	run 0 "NTFS cat @N" cat "$img" "@$n"
	equal "NTFS cat @N: content" "$(sha <"$out")" "$(sha <"$tmp/random")"
	run 0 "NTFS cat @N-S" cat "$img" "@$n-$s"
	run 0 "NTFS cat @N:STREAM" cat "$img" "@$n:ads"
	equal "NTFS cat @N:STREAM: content" "$(cat "$out")" hello
	run 1 "NTFS cat @N with another sequence" cat "$img" "@$n-$((s + 7))"
	run 0 "NTFS cat --raw of a resident file" cat --raw "$img" /hello.txt
	run 0 "NTFS stat" stat "$img" /random.bin
	has "$out" "NTFS stat: standard information" "STANDARD_INFORMATION"
	has "$out" "NTFS stat: name" "FILE_NAME"
	run 0 "NTFS stat --json" stat --json "$img" /random.bin
	python3 - "$out" "$img" "$tmp/random" >"$tmp/runs" 2>&1 <<'PY'
import json, sys
row = json.load(open(sys.argv[1]))
image = open(sys.argv[2], 'rb').read()
want = open(sys.argv[3], 'rb').read()
main = [s for s in row['streams'] if s['name'] == ''][0]
got = b''.join(image[r['offset']:r['offset'] + r['length']]
               for r in main['runs'])
print(got == want, main['size'])
PY
	equal "NTFS stat --json: the runs lead to the bytes" \
		"$(cat "$tmp/runs")" "True 70000"
	# names that no UTF-8 can carry: a lone surrogate; several, because a
	# sector's end may lie in the middle of one of them, which then stays
	for i in 1 2 3 4; do
		ntfscp -f -q "$img" "$tmp/hello" zzQzz$i >/dev/null 2>&1
	done
	python3 - "$img" "$tmp/lone.img" <<'PY'
import sys
b = open(sys.argv[1], 'rb').read()
z = 'zz'.encode('utf-16-le')
name = {i: z + b'Q\0' + z + i.encode('utf-16-le') for i in '1234'}
# record and folder have to agree, so only those that can be seen in both
most = max(b.count(n) for n in name.values())
for n in name.values():
    if b.count(n) == most:
        b = b.replace(n, z + b'\0\xd8' + n[6:])
open(sys.argv[2], 'wb').write(b)
PY
	for o in "--json" "--json -R"; do
		# shellcheck disable=SC2086
		run 0 "lone surrogate: ls $o" ls $o "$tmp/lone.img"
		equal "lone surrogate: U+FFFD and the exact units" "$(json \
			'{(r["path"][:-1], r["path_utf16"][:-4]) for r in rows if "path_utf16" in r}')" \
			"{('/zz$(printf '\357\277\275')zz', '2f007a007a0000d87a007a00')}"
	done
	"$HIVELIFT" extract "$tmp/lone.img" / -o "$tmp/lone" 2>/dev/null
	run 0 "lone surrogate: verify by the record" verify "$tmp/lone" \
		--image "$tmp/lone.img"
	run 0 "info" info "$img"
	has "$out" "info: label" TESTNTFS
	has "$out" "info: no table" "none"
fi

# ---- two volumes, gaps, a path on both ----
if need sgdisk mkfs.fat mcopy && fat "$tmp/part.img" 8; then
	img=$tmp/two.img
	truncate -s 32M "$img"
	sgdisk -n 1:2048:18431 -t 1:0700 -n 2:20480:36863 -t 2:ef00 "$img" \
		>/dev/null 2>&1
	for at in 2048 20480; do
		dd if="$tmp/part.img" of="$img" bs=512 seek=$at conv=notrunc \
			2>/dev/null
	done
	run 1 "a path on two volumes" cat "$img" /Folder/random.bin
	has "$err" "a path on two volumes: lists them" \
		"1:/Folder/random.bin 2:/Folder/random.bin"
	run 0 "N:/path chooses" cat "$img" 2:/Folder/random.bin
	equal "N:/path: content" "$(sha <"$out")" "$(sha <"$tmp/random")"
	run 0 "--volume chooses" cat --volume 2 "$img" /Folder/random.bin
	run 0 "--offset in sectors" cat --offset 20480s "$img" \
		/Folder/random.bin
	equal "--offset: content" "$(sha <"$out")" "$(sha <"$tmp/random")"
	run 0 "--offset, a volume of the table behind it" cat --offset 2048s \
		"$img" /Folder/random.bin
	lacks "$err" "--offset: what lies behind it takes nothing" overwritten
	run 0 "--with, and nothing that needs it" ls "$img" 1:/ --with \
		"$tmp/part.img"
	has "$err" "--with, and nothing that needs it: said" "part.img: not read"
	run 1 "no such volume" ls --volume 9 "$img"
	one_line "no such volume: said" "no volume 9"
	run 0 "ls of all volumes" ls "$img"
	equal "ls of all volumes: headings" \
		"$(grep -c '^[12]:$' "$out")" 2
	run 0 "info --json" info --json "$img"
	equal "info --json: the order" "$(json \
		'[r["type"] for r in rows]')" "['image', 'table', 'gap',\
 'volume', 'gap', 'volume', 'gap', 'coverage']"
	equal "info --json: keys of a volume" "$(json \
		'sorted([r for r in rows if r["type"]=="volume"][0])')" \
		"['boot', 'cluster_size', 'fs', 'label', 'name', 'offset',\
 'partition_type', 'serial', 'size', 'state', 'type', 'unread', 'volume']"
	equal "info --json: keys of the image" "$(json 'sorted(rows[0])')" \
		"['acquisition', 'chunk_size', 'format', 'hash_state', 'live',\
 'md5', 'path', 'sandbox', 'sector_size', 'segments', 'sha1', 'size',\
 'type']"
	equal "info --json: where" "$(json \
		'[(r["volume"], r["offset"], r["size"]) for r in rows if r["type"]=="volume"]')" \
		"[('1', 1048576, 8388608), ('2', 10485760, 8388608)]"
	equal "info --json: serial" "$(json \
		'[r["serial"] for r in rows if r["type"]=="volume"][0]')" \
		1234-ABCD
	run 0 "info" info "$img"
	has "$out" "info: gaps are rows" "gap"
	has "$out" "info: checks" "every check passed"
	lacks "$out" "info: no escape sequences in a file" "$(printf '\033')"
fi

# ---- names that would hurt ----
if [ "$(id -u)" = 0 ] && [ -e /dev/fuse ] && need mkntfs ntfs-3g; then
	truncate -s 8M "$tmp/evil.img"
	mkntfs -F -q -f -s 512 -p 0 -H 255 -S 63 "$tmp/evil.img" \
		>/dev/null 2>&1
	mkdir "$tmp/mnt"
	if ntfs-3g "$tmp/evil.img" "$tmp/mnt" 2>/dev/null; then
		mnt=$tmp/mnt
		printf x >"$tmp/mnt/$(printf 'clear\033[2Jscreen')"
		printf x >"$tmp/mnt/$(printf 'rtl\342\200\256gpj.exe')"
		printf x >"$tmp/mnt/$(printf 'line\nbreak')"
		printf x >"$tmp/mnt/$(printf 'c1\302\233x')"
		printf x >"$tmp/mnt/$(printf 'back\\x1b')"
		printf x >"$tmp/mnt/$(printf 'pi|pe')"
		printf x >"$tmp/mnt/$(printf 'b\303\270b')"
		umount "$tmp/mnt" && mnt=
		for o in "" -l -R --body --json "--json -R"; do
			# shellcheck disable=SC2086
			run 0 "hostile names: ls $o" ls $o "$tmp/evil.img"
			cat "$out" "$err" >"$tmp/all"
			lacks "$tmp/all" "no escape character" \
				"$(printf '\033')"
			lacks "$tmp/all" "no bidirectional mark" \
				"$(printf '\342\200\256')"
			lacks "$tmp/all" "no C1 control" "$(printf '\302\233')"
			has "$tmp/all" "ordinary letters stay" \
				"$(printf 'b\303\270b')"
		done
		run 0 "hostile names: ls" ls "$tmp/evil.img"
		has "$out" "shown escaped" 'clear\x1b[2Jscreen'
		has "$out" "shown escaped: bidi" 'rtl\xe2\x80\xaegpj.exe'
		has "$out" "shown escaped: newline" 'line\x0abreak'
		has "$out" "a backslash before x is escaped" 'back\x5cx1b'
		run 0 "hostile names: --body" ls --body "$tmp/evil.img"
		has "$out" "the separator is escaped" 'pi\x7cpe'
		run 0 "hostile names: --json" ls --json "$tmp/evil.img"
		equal "JSON carries them exactly" "$(json \
			'"/rtl\u202egpj.exe" in [r["path"] for r in rows]')" True
		run 1 "hostile names: not found" cat "$tmp/evil.img" \
			"$(printf '/none\033[31m')"
		lacks "$err" "no escape character in messages" \
			"$(printf '\033')"
	else
		skip "ntfs-3g cannot mount here"
	fi
else
	skip "hostile names need root and FUSE"
fi
finish
