#!/bin/sh
# bitlocker.sh: keys of encrypted volumes: where they come from, what is said
# without one, and that they are to be seen nowhere.
. "$(dirname "$0")/lib.sh"

need mkfs.fat mcopy python3 || finish
python3 -c 'import cryptography' 2>/dev/null || {
	skip "no python3-cryptography here"
	finish
}
fat "$tmp/plain.img" 8 || finish
pw='Zebra crossing 7' rk=042647-302313-590458-071500-554323-116567-412181-516978
# a hive that was deleted: its clusters are free
gone=$root/testdata/fuzz/carve/whole
dd if="$gone" of="$tmp/plain.img" bs=4096 seek=1024 conv=notrunc status=none
# behind the files, whose clusters are given out from the front
python3 "$root/tests/tools/mkbde.py" "$tmp/plain.img" "$tmp/bl.img" \
	--password "$pw" --recovery "$rk" --startup "$tmp/key.BEK" \
	--method xts256 || { not_ok "a volume is made"; finish; }
img=$tmp/bl.img
printf '%s\n' "$pw" >"$tmp/pw"
printf 'Recovery Key:\r\n\t%s\r\n' "$rk" >"$tmp/rk"
printf 'wrong\n' >"$tmp/wrong"
want=$(sha <"$tmp/random")

# ---- without a key ----
run 2 "info without a key" info "$img"
has "$out" "it is named" "BitLocker; {"
has "$out" "each protector: password" "}: password"
has "$out" "each protector: recovery key" "}: recovery key"
has "$out" "each protector: TPM" "}: TPM"
has "$out" "not read" "NOT READ"
run 2 "info --json without a key" info --json "$img"
equal "protectors in JSON" "$(json '
[p["kind"] for p in rows[1]["protectors"]]')" \
	"['password', 'recovery-key', 'startup-key', 'tpm']"
equal "not opened" "$(json 'rows[1]["bitlocker"]["opened_with"]')" None
id=$(json 'rows[1]["protectors"][0]["id"]')
rkid=$(json 'rows[1]["protectors"][1]["id"]')
run 2 "hives without a key" hives "$img"
has "$err" "which key is wanted" "recovery key {$rkid}"
run 1 "cat without a key" cat "$img" /Folder/random.bin
has "$err" "cat: which key is wanted" "{$id}"

# ---- each kind of key, each way ----
got() { # NAME ARGS...
	name=$1
	shift
	run 0 "$name" cat "$img" /Folder/random.bin "$@"
	equal "$name: the content" "$(sha <"$out")" "$want"
}
got "recovery key" --recovery-key-file "$tmp/rk"
got "password" --password-file "$tmp/pw"
got "startup key" --startup-key "$tmp/key.BEK"
got "a wrong one and a right one" --password-file "$tmp/wrong" \
	--startup-key "$tmp/key.BEK"
"$HIVELIFT" cat "$img" /Folder/random.bin --password-file - <"$tmp/pw" \
	>"$out" 2>"$err"
equal "from stdin" "$(sha <"$out")" "$want"
"$HIVELIFT" cat "$img" /Folder/random.bin --recovery-key-file fd:7 \
	7<"$tmp/rk" >"$out" 2>"$err"
equal "from a descriptor" "$(sha <"$out")" "$want"
printf %s "$pw" | "$HIVELIFT" cat "$img" /Folder/random.bin \
	--password-file /dev/stdin >"$out" 2>"$err"
equal "from a pipe, without a line end" "$(sha <"$out")" "$want"
run 0 "info with a key" info "$img" --password-file "$tmp/pw"
has "$out" "how it was opened" "opened with password {$id}"
has "$out" "its file system" "TESTFAT"
run 0 "hives with a key, none there" ls -R "$img" --password-file "$tmp/pw"
has "$out" "ls" "random.bin"

# ---- wrong ones ----
run 2 "a wrong password" hives "$img" --password-file "$tmp/wrong"
has "$err" "the protector that was tried" "wrong key for password {$id}"
sed 's/042647/042636/' "$tmp/rk" >"$tmp/rk2"
run 2 "a wrong recovery key" info "$img" --recovery-key-file "$tmp/rk2"
has "$err" "tried: recovery key" "wrong key for recovery key {$rkid}"
has "$out" "tried, in info" "recovery key, \"rp\", tried: wrong key"
sed 's/042647/042648/' "$tmp/rk" >"$tmp/rk2"
run 2 "a mistyped recovery key" info "$img" --recovery-key-file "$tmp/rk2"
has "$err" "mistyped: said" "no recovery key in the text"
run 2 "no startup key" info "$img" --startup-key "$tmp/pw"
has "$err" "no startup key: said" "belongs to none"
run 1 "no such file" info "$img" --password-file "$tmp/none"
one_line "no such file: named" "--password-file $tmp/none"
: >"$tmp/empty"
run 1 "an empty file" info "$img" --password-file "$tmp/empty"
one_line "an empty file: said" "empty"
head -c 70000 /dev/zero >"$tmp/large"
run 1 "a large file" info "$img" --startup-key "$tmp/large"
one_line "a large file: said" "too large"
run 1 "no descriptor" info "$img" --startup-key fd:99
one_line "no descriptor: said" "--startup-key fd:99"
run 1 "two from stdin" info "$img" --startup-key - --password-file -
one_line "two from stdin: said" "stdin"

# ---- seen nowhere ----
run 0 "extract" extract -v --stats "$img" -o "$tmp/o" /Folder/random.bin \
	--password-file "$tmp/pw" --recovery-key-file "$tmp/rk"
cat "$out" "$err" "$tmp/o/manifest.json" >"$tmp/all"
lacks "$tmp/all" "no password in output, notes or manifest" "Zebra"
lacks "$tmp/all" "no recovery key in output, notes or manifest" 042647
has "$tmp/o/manifest.json" "how it was opened, in the manifest" "$id"
mkfifo "$tmp/fifo"
"$HIVELIFT" ls "$img" --password-file "$tmp/fifo" >/dev/null 2>&1 &
pid=$!
ps -ef >"$tmp/ps" 2>/dev/null
tr '\0' ' ' <"/proc/$pid/cmdline" >>"$tmp/ps" 2>/dev/null
tr '\0' ' ' <"/proc/$pid/environ" >>"$tmp/ps" 2>/dev/null
cat "$tmp/pw" >"$tmp/fifo"
wait $pid
lacks "$tmp/ps" "not in ps" "Zebra"

# ---- typed ----
typed() { # SECRET COMMAND...: $out what the terminal showed
	python3 - "$@" >"$out" 2>"$err" <<'PY'
import os, pty, select, sys, time
secrets, argv = sys.argv[1].split('|'), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(argv[0], argv)
shown, end = b'', time.monotonic() + 600
while time.monotonic() < end:
    if select.select([fd], [], [], 0.2)[0]:
        try:
            got = os.read(fd, 65536)
        except OSError:
            break
        if not got:
            break
        shown += got
    if secrets and shown.endswith(b'locked): '):
        os.write(fd, secrets.pop(0).encode() + b'\n')
        shown += b'\n'
os.write(1, shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
}
typed "$pw" "$HIVELIFT" ls "$img"
has "$out" "a terminal is asked" "Recovery key or password"
has "$out" "and told which" "recovery key {$rkid}"
has "$out" "a typed password opens it" "Folder"
lacks "$out" "what is typed is not shown" "Zebra"
typed "no|$rk" "$HIVELIFT" ls "$img"
has "$out" "asked again" "opens none"
has "$out" "a typed recovery key opens it" "Folder"
typed "" "$HIVELIFT" ls "$img"
has "$out" "nothing typed: locked" "opens with"
lacks "$out" "nothing typed: asked once" "opens none"
# a terminal that takes nothing yet holds it before its first word
python3 - "$HIVELIFT" "$img" >"$out" 2>&1 <<'PY'
import os, pty, signal, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    termios.tcflow(0, termios.TCOOFF)
    os.execv(sys.argv[1], [sys.argv[1], 'ls', sys.argv[2]])
end = time.monotonic() + 30
while termios.tcgetattr(fd)[3] & termios.ECHO and time.monotonic() < end:
    time.sleep(0.01)
print('echo', bool(termios.tcgetattr(fd)[3] & termios.ECHO))
os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
PY
equal "what is typed before the question is read is not shown" "$(cat "$out")" \
	"echo False"
typed "" "$HIVELIFT" info "$img"
lacks "$out" "info does not ask" "Recovery key or password"

# ---- carve ----
for all in "" --all; do
	# shellcheck disable=SC2086
	run 0 "carve $all" carve $all --json "$img" -o "$tmp/c$all" \
		--password-file "$tmp/pw"
	equal "carve $all: a hive in free clusters" "[('1', 'clean', $((4 << 20)))]" \
		"$(json '[(r["volume"], r["state"], r["offset"])
			for r in rows if "found" in r]')"
	check "carve $all: exact" cmp "$tmp/c$all"/carved/v1/*.hive "$gone"
done
run 2 "carve without a key" carve "$img" -o "$tmp/c3"
has "$err" "carve without a key: said" "NOT SEARCHED: volume 1 (BitLocker"

# ---- volumes that no table knows ----
# one is whole; of the other a quick format has put NTFS over the start
size=$(stat -c %s "$img")
b_at=$((20 << 20))
disk=$tmp/disk
truncate -s 60M "$disk"
dd if="$img" of="$disk" bs=1M seek=1 conv=notrunc status=none
dd if="$img" of="$disk" bs=1M seek=20 conv=notrunc status=none
run 0 "scan: bitlocker" scan --json "$disk"
equal "scan: both are believed" "$(json '
[(r["volume"], r["fs"], r["offset"], r["size"], r["boot"]) for r in rows]')" \
	"[('L1', 'bitlocker', 1048576, $size, 'primary'), ('L2', 'bitlocker', $b_at, $size, 'primary')]"
run 0 "scan: with a key it is the same volume" scan --json "$disk" \
	--password-file "$tmp/pw"
equal "scan: with a key: still two" "$(json 'len(rows)')" 2
run 2 "a lost one without a key" hives --lost "$disk"
has "$err" "a lost one without a key: which is wanted" "recovery key {$rkid}"
run 2 "a lost one, a wrong key" ls --lost "$disk" \
	--password-file "$tmp/wrong"
has "$err" "a lost one, a wrong key: said" "wrong key for password {$id}"
run 0 "a lost one with a key" cat "$disk" L1:/Folder/random.bin \
	--recovery-key-file "$tmp/rk"
equal "a lost one with a key: the content" "$(sha <"$out")" "$want"
run 0 "at its offset" cat --offset $b_at "$disk" /Folder/random.bin \
	--recovery-key-file "$tmp/rk"
equal "at its offset: the content" "$(sha <"$out")" "$want"
run 2 "info: a gap is worth a scan" info "$disk"
has "$err" "info: a gap is worth a scan: said" "a boot sector of bitlocker: see hivelift scan"
typed "$rk" "$HIVELIFT" ls "$disk" L1:/
equal "a terminal is asked once for one volume" \
	"$(grep -c 'Recovery key or password' "$out")" 1
dd if=/dev/zero of="$disk" bs=512 seek=$((b_at / 512)) count=1 conv=notrunc \
	status=none
run 0 "boot sector gone" scan "$disk"
has "$out" "boot sector gone: how to go on" "hivelift ls --volume L2 IMAGE"
"$HIVELIFT" cat "$disk" L2:/Folder/random.bin --password-file "$tmp/pw" \
	>"$out" 2>"$err"
equal "boot sector gone: it opens by its metadata" "2 $want" \
	"$? $(sha <"$out")"
has "$err" "boot sector gone: said" "BitLocker by its metadata at byte"
"$HIVELIFT" extract --lost "$disk" -o "$tmp/lost" L2:/Folder/random.bin \
	--password-file "$tmp/pw" >/dev/null 2>&1
equal "boot sector gone: extract" "$want" \
	"$(sha <"$tmp/lost/vL2/Folder/random.bin")"
# sectors of 4096 bytes, which nothing but the metadata tells then
python3 "$root/tests/tools/mkbde.py" "$tmp/plain.img" "$tmp/bl4.img" \
	--password "$pw" --sector 4096
truncate -s 12M "$tmp/disk4"
dd if="$tmp/bl4.img" of="$tmp/disk4" bs=1M seek=2 conv=notrunc status=none
dd if=/dev/zero of="$tmp/disk4" bs=4096 seek=512 count=1 conv=notrunc \
	status=none
"$HIVELIFT" cat "$tmp/disk4" L1:/Folder/random.bin --password-file "$tmp/pw" \
	>"$out" 2>"$err"
equal "boot sector gone, sectors of 4096 bytes" "2 $want" "$? $(sha <"$out")"
if need mkntfs; then
	truncate -s 30M "$tmp/new"
	mkntfs -F -q -f -s 512 -p 0 -H 255 -S 63 "$tmp/new" >/dev/null 2>&1
	python3 - "$tmp/new" "$disk" $b_at <<'P'
import sys
v = open(sys.argv[1], 'rb').read()
with open(sys.argv[2], 'r+b') as f:
    for i in range(0, len(v), 512):
        if v[i:i + 512].strip(b'\0'):
            f.seek(int(sys.argv[3]) + i)
            f.write(v[i:i + 512])
P
	printf 'label: dos\nstart=%s, size=%s, type=7\n' $((b_at / 512)) \
		$((60 << 10)) | sfdisk -q --wipe never "$disk" >/dev/null 2>&1
	run 0 "formatted over" scan --json "$disk"
	equal "formatted over: an older generation" "$(json '
[(r["volume"], r["fs"], r["generation"], r["boot"]) for r in rows
 if r["offset"] == '$b_at' and r["believed"]]')" \
		"[('1', 'ntfs', 1, 'primary'), ('L2', 'bitlocker', 2, 'none')]"
	"$HIVELIFT" ls --lost "$disk" L2:/ --password-file "$tmp/pw" \
		>"$out" 2>"$err"
	has "$err" "formatted over: what is overwritten is said" \
		"of it are overwritten by later volumes"
fi
finish
