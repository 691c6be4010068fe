#!/bin/sh
# sandbox.sh: it bites.  build/test-sandbox is the program with a planted
# misdeed (tests/sandbox/plant.c); each is done without the sandbox, which
# shows that the test could fail, and refused with it.
. "$(dirname "$0")/lib.sh"

img=$root/testdata/sample.E01
w=$tmp/w
mkdir "$w"
bite=$(dirname "$HIVELIFT")/test-sandbox
mnt=
undo() { [ -z "$mnt" ] || umount -l "$mnt"; }

if [ "$(uname -s)" != Linux ]; then
	skip "no test of the sandbox but on Linux"
	finish
	exit
fi
version=$("$HIVELIFT" --version)
case $version in
*"sanitizer build"*)
	skip "a sanitizer build has no sandbox"
	finish
	exit ;;
esac
has_landlock=n has_seccomp=n
case $version in *"landlock (kernel has"*) has_landlock=y ;; esac
case $version in *"seccomp (libseccomp"*) has_seccomp=y ;; esac
[ -x "$bite" ] || (cd "$root" && ${MAKE:-make} -s "B=$(dirname "$HIVELIFT")" "$bite") \
	>"$tmp/make.log" 2>&1 ||
	{ not_ok "test-sandbox builds"; cat "$tmp/make.log"; finish; exit; }

# planted NAME PATH [OPTION]: a run with it; its words are in $err
planted() {
	rm -rf "$w/out"
	HL_PLANT=$1 HL_PLANT_PATH=$2 timeout 600 "$bite" extract ${3:-} \
		"$img" -o "$w/out" >"$out" 2>"$err" </dev/null
}

# reset: the files that the misdeeds are about
reset() {
	rm -rf "$w/victim" "$w/new" "$w/planted"
	echo mine >"$w/victim"
	echo mine >"$w/planted"
	chmod 644 "$w/victim"
}

# refused NAME PATH: done without the sandbox, refused with it
refused() {
	reset
	planted "$1" "$2" --no-sandbox
	has "$err" "$1: could be done without" "planted $1: done"
	reset
	planted "$1" "$2"
	has "$err" "$1: refused" "planted $1: refused: ${3:-}"
	untouched "$1"
}

# trapped NAME PATH CALL: the program ends with that call's name
trapped() {
	reset
	case $1 in
	execve) ;;
	*)
		planted "$1" "$2" --no-sandbox
		has "$err" "$1: could be done without" "planted $1: done" ;;
	esac
	reset
	planted "$1" "$2"
	equal "$1: ends" $? 1
	has "$err" "$1: with the call's name" "system call $3"
	lacks "$err" "$1: was not done" "planted $1: done"
	check "$1: no list looks complete" test ! -e "$w/out/manifest.json"
	untouched "$1"
}

untouched() {
	check "$1: nothing new" test ! -e "$w/new"
	equal "$1: nothing gone, nothing changed" \
		"$(cat "$w/victim" "$w/planted" 2>&1; stat -c %a "$w/victim")" \
		"$(printf 'mine\nmine\n644')"
}

if [ $has_landlock = y ]; then
	refused write-outside "$w/new"
	refused write-absolute "$w/new" "Permission denied"
	refused write-dotdot "" "Permission denied"
	refused append "$w/victim"
	refused read /etc/passwd "Permission denied"
	refused read "$w/victim" "Permission denied"
	refused read "$img" "Permission denied"
	refused list /etc "Permission denied"
	refused remove "$w/victim"
	refused remove-dotdot "" "Permission denied"
	refused move-out ""
	refused mkdir "$w/new"
	refused thread "$w/new"
	HOME=$w refused write-outside "$w/new"
	reset
	planted write-inside ""
	has "$err" "below the output it may write" "planted write-inside: done"
else
	skip "no Landlock in this kernel: files"
fi
if [ $has_seccomp = y ]; then
	trapped truncate "$w/victim" truncate
	trapped symlink "" symlinkat
	trapped chmod "$w/victim" chmod
	trapped execve "" execve
	trapped inet "" socket
	trapped local "" socket
	trapped ptrace "" ptrace
	trapped kill "" kill
	refused code ""
	refused dumpable ""
	refused core ""
	reset
	planted unknown ""
	equal "a call that it does not know: goes on" $? 0
	has "$err" "a call that it does not know: not done" \
		"refused: Function not implemented"
else
	skip "built without libseccomp: system calls"
fi

# killed, it can take nothing back: its keeper does
HL_PLANT=stop "$bite" extract "$img" -o "$w/killed" >/dev/null 2>&1 &
pid=$!
wait_for grep -q '^State:.T' "/proc/$pid/status"
check "stopped while it parses: its folder is there" test -d "$w/killed"
kill -KILL $pid
wait $pid 2>/dev/null
wait_for test ! -e "$w/killed"
check "killed: no empty folder stays" test ! -e "$w/killed"

# ---- the program as it is shipped, while it parses ------------------------

# A pipe for stdout that nobody reads holds it in the middle of its work.
# parsing ARGS...: its status then is in $w/status
parsing() {
	mkfifo "$w/pipe"
	# shellcheck disable=SC2094
	"$HIVELIFT" "$@" >"$w/pipe" 2>"$err" &
	pid=$!
	exec 9<"$w/pipe"
	wait_for grep -q pipe "/proc/$pid/wchan"
	cat "/proc/$pid/status" >"$w/status"
	prlimit --core --noheadings --output SOFT -p $pid >"$w/core" 2>&1
	kill $pid
	exec 9<&-
	wait $pid
	rm "$w/pipe"
}
of() { sed -n "s/^$1:[^0-9a-f]*//p" "$w/status"; }

truncate -s 8M "$w/fat.img"
if need mkfs.fat mcopy && mkfs.fat "$w/fat.img" >/dev/null; then
	head -c 4M /dev/zero >"$w/big"
	mcopy -i "$w/fat.img" "$w/big" ::/big
	parsing cat "$w/fat.img" /big
	equal "while it parses: Seccomp" "$(of Seccomp)" \
		"$([ $has_seccomp = y ] && echo 2 || echo 0)"
	equal "while it parses: NoNewPrivs" "$(of NoNewPrivs)" 1
	equal "while it parses: CapEff" "$(of CapEff)" 0000000000000000
	equal "while it parses: CapPrm" "$(of CapPrm)" 0000000000000000
	equal "while it parses: CapBnd" \
		"$([ "$(id -u)" = 0 ] && of CapBnd || echo 0000000000000000)" \
		0000000000000000
	equal "while it parses: no core dump" "$(tr -d " " <"$w/core")" 0
	parsing cat --no-sandbox "$w/fat.img" /big
	equal "--no-sandbox: Seccomp" "$(of Seccomp)" 0
	equal "--no-sandbox: NoNewPrivs" "$(of NoNewPrivs)" 0
	if [ "$(id -u)" = 0 ]; then
		chmod 755 "$tmp" "$w"
		parsing cat --run-as nobody "$w/fat.img" /big
		equal "--run-as: Uid" "$(of Uid | tr -s '\t' ' ')" \
			"$(id -u nobody | sed 's/.*/& & & &/')"
		equal "--run-as: Groups" "$(of Groups | tr -d ' ')" \
			"$(id -G nobody | tr -d ' ')"
		equal "--run-as: Seccomp" "$(of Seccomp)" \
			"$([ $has_seccomp = y ] && echo 2 || echo 0)"
	else
		skip "not root: --run-as"
	fi
fi

# ---- what it says ----------------------------------------------------------

has "$img" "a file to read" EVF
run 0 "info" info "$img"
has "$out" "info: the line" "Sandbox "
[ $has_landlock = n ] || has "$out" "info: landlock" "landlock"
run 0 "info --no-sandbox" info --no-sandbox "$img"
has "$out" "info --no-sandbox: the line" "none: --no-sandbox"
run 0 "info --json" info --json "$img"
equal "info --json: the key" "$(json '"sandbox" in rows[0]')" True
check "--version: the line" sh -c '"$1" --version | grep -q ^sandbox:' x \
	"$HIVELIFT"
run 1 "no such user" ls --run-as no-such-user "$img" 1:/
one_line "no such user: said" "no such user"

# ---- what is opened late, and still must work -------------------------------

mkdir "$w/set"
split -b 32768 -d -a 3 --additional-suffix= "$w/fat.img" "$w/set/disk."
(
	ulimit -n 48 # half of that is held open, of 256 segments
	"$HIVELIFT" cat "$w/set/disk.000" /big | cmp - "$w/big"
) >"$tmp/log" 2>&1
equal "segments that are opened by name" "$(cat "$tmp/log")" ""
[ "$(id -u)" != 0 ] || (
	chown -R nobody "$w/set"
	chmod 600 "$w"/set/*
	ulimit -n 48
	"$HIVELIFT" cat "$w/set/disk.000" /big | cmp - "$w/big"
) >"$tmp/log" 2>&1
equal "segments of somebody else, opened by name" "$(cat "$tmp/log")" ""
# a short name in katakana, and a time, as the sandbox and as no sandbox
# shows them
LC_ALL=C sed 's/BIG        /\x83\x65\x83\x58\x83\x67     /' \
	"$w/fat.img" >"$w/kana.img"
for o in "--codepage SHIFT_JIS" "--tz Asia/Tokyo" "--tz EST5EDT"; do
	# shellcheck disable=SC2086
	equal "$o: loaded before" "$("$HIVELIFT" ls -l $o "$w/kana.img" /)" \
		"$("$HIVELIFT" ls -l $o --no-sandbox "$w/kana.img" /)"
done
run 0 "a code page" ls --codepage SHIFT_JIS "$w/kana.img" /
has "$out" "a code page: used" "$(printf '\343\203\206\343\202\271')"
"$HIVELIFT" extract -q "$img" -o "$w/good"
run 0 "verify, a folder" verify "$w/good"
[ "$(id -u)" != 0 ] || chown -R nobody "$w/good"
chmod -R go= "$w/good"
run 0 "verify, a folder of somebody else" verify "$w/good"
TZ=Asia/Tokyo "$HIVELIFT" extract -q "$img" -o "$w/tokyo"
has "$w/tokyo/manifest.json" "the zone of the run" "+0900"
check "an archive: its lists wait in files" sh -c \
	'"$1" extract -q "$2" -o - | tar tf - | grep -q SHA256SUMS' x \
	"$HIVELIFT" "$img"

# ---- whose the output is, and what stays as it was --------------------------

if [ "$(id -u)" = 0 ]; then
	chmod 755 "$tmp" "$w"
	cp "$img" "$w/own.E01"
	chmod 600 "$w/own.E01" # opened before the user changes
	run 0 "--run-as" extract --run-as nobody "$w/own.E01" -o "$w/theirs"
	equal "--run-as: the output is theirs" \
		"$(find "$w/theirs" ! -user nobody | wc -l)" 0
	check "--run-as: and whole" sh -c \
		'cd "$1" && sha256sum -c --quiet SHA256SUMS' x "$w/theirs"
	run 0 "--run-as, exec" exec --run-as nobody --kind SAM "$w/own.E01" \
		-- sh -c 'id -un; head -c 4 {}'
	has "$out" "--run-as, exec: the command too" "nobody"
	has "$out" "--run-as, exec: reads the hive" "regf"
	mkdir "$w/others"
	chown nobody "$w/others"
	chmod 700 "$w/others"
	run 0 "a folder of somebody else" extract "$img" -o "$w/others"
	run 0 "a folder of somebody else, --force" extract --force "$img" \
		-o "$w/others"
	run 1 "--run-as, a folder of somebody else" extract --run-as games \
		"$img" -o "$w/others" --force
	has "$err" "--run-as, a folder of somebody else: said" \
		"Permission denied"
	truncate -s 8M "$w/stick"
	mkdir "$w/mnt"
	# as FAT has no owners, so NTFS can be mounted
	if mkntfs -F -q -f -s 512 -p 0 -H 255 -S 63 "$w/stick" \
		>/dev/null 2>&1 && ntfs-3g -o \
		"uid=$(id -u nobody),umask=022,allow_other,default_permissions" \
		"$w/stick" "$w/mnt" 2>/dev/null; then
		mnt=$w/mnt
		run 0 "root on a stick of somebody else" extract "$img" \
			-o "$w/mnt/out"
		check "root on a stick of somebody else: whole" sh -c \
			'cd "$1" && sha256sum -c --quiet SHA256SUMS' x \
			"$w/mnt/out"
		run 0 "--run-as on a stick of theirs" extract "$img" \
			--run-as nobody -o "$w/mnt/theirs"
		run 1 "--run-as on a stick of somebody else" extract "$img" \
			--run-as games -o "$w/mnt/games"
		check "--run-as on a stick of somebody else: nothing left" \
			test ! -e "$w/mnt/games"
		umount "$w/mnt" && mnt=
	else
		skip "no ntfs-3g, or no FUSE: a stick of somebody else"
	fi
	run 1 "--run-as, no image" extract --run-as nobody "$w/big" \
		-o "$w/none"
	check "--run-as, no image: nothing is left" test ! -e "$w/none"
	if command -v setpriv >/dev/null; then
		mkdir "$w/nobodys"
		chown nobody "$w/nobodys"
		check "as an ordinary user" setpriv --reuid nobody \
			--clear-groups "$HIVELIFT" extract -q "$img" \
			-o "$w/nobodys/out"
		check "an ordinary user cannot change" sh -c \
			'! setpriv --reuid nobody --clear-groups "$1" ls \
			--run-as root "$2" 1:/' x "$HIVELIFT" "$img"
	fi
else
	skip "not root: --run-as, folders of others"
fi

# ---- a system that refuses ---------------------------------------------------

# 444 landlock_create_ruleset, 317 seccomp: a container may refuse both
if [ "$(uname -m)" = x86_64 ] && command -v python3 >/dev/null; then
	without=$root/tests/sandbox/without.py
	python3 "$without" both "$HIVELIFT" ls -v "$img" 1:/ >"$out" 2>"$err"
	equal "a container that refuses: goes on" $? 0
	has "$err" "a container that refuses: no landlock, said" "no landlock"
	[ $has_seccomp = n ] ||
		has "$err" "a container that refuses: no seccomp, said" \
			"no seccomp"
	python3 "$without" both "$HIVELIFT" ls "$img" 1:/ >"$out" 2>"$err"
	lacks "$err" "a container that refuses: said with -v only" "sandbox"

	# each of the two holds alone
	program=$bite
	bite=$w/without
	printf '#!/bin/sh\nexec python3 "%s" $WITHOUT "%s" "$@"\n' \
		"$without" "$program" >"$bite"
	chmod 755 "$bite"
	WITHOUT=seccomp
	export WITHOUT
	if [ $has_landlock = y ]; then
		echo "# Landlock alone"
		refused write-outside "$w/new" "Permission denied"
		refused append "$w/victim" "Permission denied"
		refused truncate "$w/victim" "Permission denied"
		refused remove "$w/victim" "Permission denied"
		refused mkdir "$w/new" "Permission denied"
		refused symlink "" "Permission denied"
		refused move-out ""
		refused thread "$w/new" "Permission denied"
		case $version in
		*"has ABI "[1-5]")"*) skip "Landlock before ABI 6: signals" ;;
		*) refused kill "" "Operation not permitted" ;;
		esac
	fi
	if [ $has_seccomp = y ]; then
		echo "# seccomp alone"
		WITHOUT=landlock
		refused write-outside "$w/new"
		refused append "$w/victim"
		refused remove "$w/victim"
		refused mkdir "$w/new"
		refused thread "$w/new"
		trapped inet "" socket
		trapped execve "" execve
	fi
	bite=$program
else
	skip "a container that refuses: only on x86-64"
fi
finish
