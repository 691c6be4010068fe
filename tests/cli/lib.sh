# lib.sh: what the command-line tests share; sourced, not run.
#
# $HIVELIFT is the program.  Each check prints one line, "ok - ...",
# "not ok - ..." or "SKIP: ..."; finish prints the sum and sets the status.
# shellcheck shell=sh
set -u
unset NO_COLOR HIVELIFT_DUMMY
LC_ALL=C.UTF-8 TZ=UTC
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL TZ PATH
root=$(cd "$(dirname "$0")/../.." && pwd)
HIVELIFT=${HIVELIFT:-$root/${B:-build}/hivelift}
case $HIVELIFT in /*) ;; *) HIVELIFT=$PWD/$HIVELIFT ;; esac
corpus=${HIVELIFT_CORPUS:-$root/../shared/corpus}
unpacked=${HIVELIFT_UNPACKED:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/hivelift-corpus}
n_ok=0 n_bad=0 n_skip=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hivelift-cli-XXXXXX") || exit 1
cleanup() {
	if command -v undo >/dev/null 2>&1; then undo; fi
	chmod -R u+rwx "$tmp" 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

ok() { n_ok=$((n_ok + 1)); echo "ok - $*"; }
not_ok() { n_bad=$((n_bad + 1)); echo "not ok - $*"; }
skip() { n_skip=$((n_skip + 1)); echo "SKIP: $*"; }

# check NAME COMMAND...: the command succeeds
check() {
	check_name=$1
	shift
	if "$@" >"$tmp/check.log" 2>&1; then
		ok "$check_name"
	else
		not_ok "$check_name"
		sed 's/^/    /' "$tmp/check.log" | head -n 5
	fi
}

# run WANT NAME ARGS...: hivelift ends with that status; $out and $err are
# the files it wrote
out=$tmp/out err=$tmp/err
run() {
	run_want=$1 run_name=$2
	shift 2
	"$HIVELIFT" "$@" >"$out" 2>"$err" </dev/null
	got=$?
	if [ $got = "$run_want" ]; then
		ok "$run_name: status $run_want"
	else
		not_ok "$run_name: status $got, want $run_want"
		sed 's/^/    /' "$err" | head -n 5
	fi
}

# wait_for COMMAND...: until it succeeds; an event, never a guess of its time
wait_for() {
	waited=0
	until "$@" >/dev/null 2>&1; do
		[ $waited -lt 6000 ] || return 1
		sleep 0.05
		waited=$((waited + 1))
	done
}

# has FILE NAME TEXT: that text stands in it
has() {
	if grep -qF -e "$3" "$1"; then
		ok "$2"
	else
		not_ok "$2: no '$3' in:"
		sed 's/^/    /' "$1" | head -n 8
	fi
}

lacks() {
	if grep -qF -e "$3" "$1"; then
		not_ok "$2: there is '$3'"
	else
		ok "$2"
	fi
}

# one_line NAME TEXT: the failure is one line that holds the text, and
# stdout is empty
one_line() {
	if [ "$(wc -l <"$err")" = 1 ] && [ ! -s "$out" ]; then
		has "$err" "$1" "$2"
	else
		not_ok "$1: not one line on stderr:"
		sed 's/^/    /' "$err" | head -n 5
	fi
}

equal() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1: got '$2', want '$3'"
	fi
}

sha() { sha256sum | cut -d ' ' -f 1; }

# json EXPRESSION: a Python expression over `rows`, the lines of $out
json() {
	python3 -c '
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]
print(eval(sys.argv[2]))' "$out" "$1" 2>&1
}

need() {
	for tool in "$@"; do
		if ! command -v "$tool" >/dev/null 2>&1; then
			skip "no $tool here"
			return 1
		fi
	done
}

# fat FILE MIB: a FAT volume with a folder, a file of 70,000 bytes, a hive
# place and a long name
fat() {
	make_fat "$@" || { not_ok "a FAT volume is made"; return 1; }
}
make_fat() {
	truncate -s "$2M" "$1" || return 1
	mkfs.fat -n TESTFAT -i 1234abcd "$1" >/dev/null || return 1
	MTOOLS_SKIP_CHECK=1
	export MTOOLS_SKIP_CHECK
	head -c 70000 /dev/urandom >"$tmp/random"
	mmd -i "$1" ::/Folder ::/Folder/Sub || return 1
	mcopy -m -i "$1" "$tmp/random" "::/Folder/random.bin" || return 1
	printf 'hello\n' >"$tmp/hello"
	touch -d '2020-01-02 03:04:06' "$tmp/hello"
	mcopy -m -i "$1" "$tmp/hello" "::/A rather long name.txt"
}

# ntfs FILE MIB: an NTFS volume; needs no mount
ntfs() {
	make_ntfs "$@" || { not_ok "an NTFS volume is made"; return 1; }
}
make_ntfs() {
	truncate -s "$2M" "$1" || return 1
	mkntfs -F -q -f -L TESTNTFS -s 512 -p 0 -H 255 -S 63 "$1" \
		>/dev/null 2>&1 || return 1
	head -c 70000 /dev/urandom >"$tmp/random"
	ntfscp -f -q "$1" "$tmp/random" random.bin >/dev/null 2>&1 &&
	printf 'hello\n' >"$tmp/hello" &&
	ntfscp -f -q "$1" "$tmp/hello" hello.txt >/dev/null 2>&1 &&
	ntfscp -f -q -N ads "$1" "$tmp/hello" random.bin >/dev/null 2>&1
}

# put FILE DISK MIB: what is not zero of a volume, as a quick format writes
put() {
	python3 - "$1" "$2" "$3" <<'P'
import sys
v = open(sys.argv[1], 'rb').read()
with open(sys.argv[2], 'r+b') as f:
    for i in range(0, len(v), 4096):
        if v[i:i + 4096].strip(b'\0'):
            f.seek((int(sys.argv[3]) << 20) + i)
            f.write(v[i:i + 4096])
P
}

finish() {
	echo "$n_ok passed, $n_bad failed, $n_skip skipped"
	[ $n_bad = 0 ]
	exit $?
}
