#!/bin/sh
# deleted.sh: ls -d, ls --sweep, @N, stat, hives -d and extract -d.
. "$(dirname "$0")/lib.sh"

# ---- a volume made here: what was deleted, and then overwritten ----------

image=$tmp/v.img mnt=$tmp/mnt
undo() { umount "$mnt" 2>/dev/null || fusermount -u "$mnt" 2>/dev/null; }

mounted() { ntfs-3g "$image" "$mnt" >/dev/null 2>&1; }

# put NAME BYTES SEED: noise, so that no two clusters are alike
put() {
	python3 -c 'import random, sys
random.seed(sys.argv[3])
open(sys.argv[1], "wb").write(random.randbytes(int(sys.argv[2])))' "$@"
}

made() {
	for t in mkntfs ntfs-3g ntfsinfo; do
		command -v $t >/dev/null 2>&1 || { skip "no $t here"; return; }
	done
	mkdir "$mnt"
	truncate -s 16M "$image"
	mkntfs -F -Q -q -c 4096 "$image" >/dev/null 2>&1
	mounted || { skip "ntfs-3g cannot mount here"; return; }
	mkdir "$mnt/dir" "$mnt/dir/below"
	put "$mnt/kept" 5000 kept
	put "$mnt/dir/below/big" 100000 big
	put "$mnt/dir/small" 200 small
	put "$tmp/big" 100000 big
	put "$tmp/small" 200 small
	umount "$mnt"
	mounted
	record=$(stat -c %i "$mnt/dir/below/big")
	small=$(stat -c %i "$mnt/dir/small")
	rm -r "$mnt/dir"
	umount "$mnt"
	after_deletion
	overwrite
}

after_deletion() {
	run 0 "ls without -d" ls "$image" -R
	lacks "$out" "deleted names are not listed unasked" big
	run 0 "ls -R -d" ls "$image" -R -d
	has "$out" "a deleted file" "big  (deleted)"
	has "$out" "the others" /kept
	run 0 "ls --sweep" ls "$image" --sweep --json
	grep '"path"' "$out" | sort >"$tmp/sweep"
	run 0 "ls -R" ls "$image" -R --json
	grep '"path"' "$out" | sort >"$tmp/down"
	check "a sweep gives what the indexes give" \
		cmp "$tmp/sweep" "$tmp/down"
	run 0 "cat by record" cat "$image" "@$record"
	check "the bytes are what they were" cmp "$out" "$tmp/big"
	run 0 "cat of a resident file" cat "$image" "@$small"
	check "a resident one, too" cmp "$out" "$tmp/small"
	run 1 "cat by another sequence number" cat "$image" "@$record-7777"
	run 0 "stat" stat "$image" "@$record"
	has "$out" "stat says that it is deleted" "yes, its record is unused"
	has "$out" "stat: its clusters are free now" unallocated-now
	lacks "$out" "nothing is called whole" intact
	run 0 "extract -d" extract -d "$image" -o "$tmp/x" /
	check "sha256sum -c" sh -c \
		"cd '$tmp/x' && sha256sum --quiet -c SHA256SUMS"
	f=$(find "$tmp/x/v1/\$Deleted" -path "*/$record-*" -type f | head -n 1)
	check "it is lifted by its record" cmp "$f" "$tmp/big"
	run 0 "extract without -d" extract "$image" -o "$tmp/y" /
	check "nothing deleted unasked" test ! -e "$tmp/y/v1/\$Deleted"
	run 0 "extract by record" extract "$image" -o "$tmp/z" "@$record"
	check "by record" sh -c "cmp \"\$(find '$tmp/z' -path '*Deleted*' \
		-type f)\" '$tmp/big'"
}

# Fill the volume: every free cluster gets an owner.
overwrite() {
	mounted || return
	dd if=/dev/urandom of="$mnt/fill" bs=64k >/dev/null 2>&1
	umount "$mnt"
	run 0 "stat --json" stat --json "$image" "@$record"
	[ "$(json "rows[0]['deleted']")" = True ] ||
		{ skip "ntfs-3g took the record"; return; }
	has "$out" "whose it is" '"state":"allocated-to","owner":'
	run 2 "content that was overwritten is a loss" cat "$image" "@$record"
	has "$err" "and is said" "are in use again"
	check "the bytes are there all the same" \
		test "$(wc -c <"$out")" = 100000
}

# ---- the corpus ------------------------------------------------------------

cases() {
	c=$corpus/cases/win10.E01
	[ -e "$c" ] || { skip "no corpus: case win10"; return; }
	run 0 "hives without -d" hives "$c"
	lacks "$out" "no deleted hive unasked" mallory
	run 0 "hives -d" hives -d "$c"
	has "$out" "the deleted hive" "/Users/mallory/NTUSER.DAT  (deleted"
	run 0 "hives -d --user" hives -d --user mallory --json "$c"
	equal "with --user" "$(json "rows[0]['record']")" 399
	run 0 "by record and sequence" stat "$c" 3:@399-3
	run 1 "only with that sequence" stat "$c" 3:@399-2
	run 0 "ls -d of a folder" ls -d "$c" 3:/Users/mallory
	has "$out" "its deleted name" "NTUSER.DAT  (deleted)"
	s=$unpacked/msuhanov__ntfs-samples/ntfs.raw
	[ -e "$s" ] || { skip "no corpus: ntfs-samples/ntfs.raw"; return; }
	run 0 "a name hidden in slack" ls -d "$s" /test_dir
	has "$out" "the hidden name" \
		"file_hidden.txt  (deleted, from index slack)"
}

made
cases
finish
