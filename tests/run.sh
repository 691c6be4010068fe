#!/bin/sh
# run.sh units|check|corpus|foreign: runs the parts of a test run side by side and
# adds them up.  The last line is "N passed, N failed, N skipped", alone.
# foreign is for scripts/foreign: built already, each program started by $RUN;
# $SLOW multiplies the time that a test may take.
# run.sh list: the names of the parts of check, and of corpus as corpus/NAME.
#
# A part is a command.  Its log is $B/log/<name>.log; the last line there of
# the form "N passed, N failed, N skipped" is its result, else its status is.
# Every skip says "SKIP: why".  HIVELIFT_NO_SKIPS=1 turns a skip that is not
# in tests/skips-allowed into a failure.
set -u
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
B=${B:-build}
MAKE=${MAKE:-make}
corpus=${HIVELIFT_CORPUS:-../shared/corpus}
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}
HIVELIFT_UNPACKED=${HIVELIFT_UNPACKED:-$cache/hivelift-corpus}
[ -n "${RUN:-}" ] || HIVELIFT=$PWD/$B/hivelift
HIVELIFT_ROOT=$PWD
PYTHONDONTWRITEBYTECODE=1
LC_ALL=C.UTF-8 TZ=UTC
export LC_ALL TZ
export PATH B MAKE HIVELIFT HIVELIFT_ROOT HIVELIFT_UNPACKED
export PYTHONDONTWRITEBYTECODE
jobs=${JOBS:-$( (nproc || sysctl -n hw.ncpu || echo 2) 2>/dev/null)}
log=$B/log
result='[0-9][0-9]* passed, [0-9][0-9]* failed, [0-9][0-9]* skipped'

limit() {
	if command -v timeout >/dev/null 2>&1; then
		timeout -k 10 "${PART_TIMEOUT:-3000}" "$@"
	else
		"$@"
	fi
}

# The skips of one log that nobody has allowed, and those without a reason.
unexcused() {
	said=$(grep -c '^SKIP: ' "$log/$1.log")
	if [ "$2" -gt "$said" ]; then
		echo "$1: $(($2 - said)) skips do not say why"
	fi
	grep '^SKIP: ' "$log/$1.log" | sort -u | while read -r line; do
		sed -n 's/[ 	]*#.*//; /./p' tests/skips-allowed |
		while read -r pattern; do
			echo "$1: $line" | grep -qE -e "$pattern" && echo yes
		done | grep -q yes || echo "$1: not allowed: $line"
	done
}

# part NAME COMMAND: runs it and writes "passed failed skipped" to NAME.sum
part() {
	name=$1
	shift
	start=$(date +%s)
	rm -f "$log/$name".san.*
	# Check's limits are of the clock: a machine that is busy, or slow, is
	# no reason for a timeout, nor are sanitizers; what hangs meets ours
	case $name in san-*) slow=40 ;; *) slow=${SLOW:-10} ;; esac
	CK_TIMEOUT_MULTIPLIER=$slow \
	ASAN_OPTIONS="log_path='$PWD/$log/$name.san':exitcode=99" \
	UBSAN_OPTIONS="log_path='$PWD/$log/$name.san':print_stacktrace=1" \
		limit sh -c "$*" >"$log/$name.log" 2>&1 </dev/null
	rc=$?
	# shellcheck disable=SC2046
	set -- $(grep -o "$result" "$log/$name.log" | tail -n 1 | tr -cd '0-9 ')
	if [ $# = 3 ]; then
		p=$1 f=$2 s=$3
		[ $rc = 0 ] || [ "$f" -gt 0 ] || f=1
	elif [ $rc = 0 ]; then
		p=1 f=0 s=0
	else
		p=0 f=1 s=0
	fi
	# one that ended before its first test has shown nothing
	[ $((p + f + s)) -gt 0 ] || f=1
	for report in "$log/$name".san.*; do
		[ -s "$report" ] || continue
		cat "$report" >>"$log/$name.log"
		f=$((f + 1))
	done
	if [ -n "${HIVELIFT_NO_SKIPS:-}" ]; then
		bad=$(unexcused "$name" "$s")
		if [ -n "$bad" ]; then
			echo "$bad" | tee -a "$log/$name.log"
			f=$((f + $(echo "$bad" | wc -l)))
		fi
	fi
	echo "$p $f $s" >"$log/$name.sum"
	echo "$name: $p passed, $f failed, $s skipped" \
		"($(($(date +%s) - start)) s)"
	if [ "$f" -gt 0 ]; then
		echo "---- $log/$name.log (status $rc)"
		grep -aE '^(FAIL|not ok|SKIP)|:[EF]:' "$log/$name.log" |
			head -n 40
		tail -n 25 "$log/$name.log"
		echo "----"
	fi
}

# Lines "name<TAB>command" on stdin, $jobs at a time, in that order.
run() {
	tr '\n' '\0' | xargs -0 -n 1 -P "$jobs" sh -c '
		sh tests/run.sh part "${1%%	*}" "${1#*	}"' run.sh
}

say() {
	printf '%s\t%s\n' "$1" "$2"
}

# $1 the build folder, $2 put before the names, $3 options for replay
units() {
	for t in tests/check_*.c; do
		[ -e "$t" ] || continue
		t=$(basename "$t" .c)
		case $2$t in
		*check_ntfs_many) continue ;; # of big, a minute
		check_alloc) continue ;; # with sanitizers, which see more
		esac
		say "$2$t" "${RUN:-} $1/$t"
	done
	for t in tests/fuzz/fuzz_*.c; do
		[ -e "$t" ] || continue
		t=$(basename "$t" .c)
		x=${t#fuzz_}
		case $x in extract|scan) x=image ;; esac # the same inputs
		seeds=$(find "testdata/fuzz/$x" -type f 2>/dev/null)
		say "$2$t" "${RUN:-} $1/$t $3 $(echo $seeds) $(echo $fixtures)"
	done
}

# Every target gets every fixture: each has to refuse what is not its own.
fixtures=$(find testdata -type f ! -name README ! -name '*.json' \
	! -path 'testdata/fuzz/*' -size -64k 2>/dev/null)

cli() {
	for t in tests/cli/*.sh; do
		case $t in */lib.sh|*/common.sh|*/'*.sh') continue ;; esac
		say "$2cli-$(basename "$t" .sh)" "HIVELIFT='$PWD/$1/hivelift' \
			B=$1 sh $t"
	done
}

python() {
	[ -e "tests/system/$1.py" ] || return 0
	n=$1
	shift
	say "system-$n" "python3 tests/system/$n.py $*"
}

# A second compiler must find nothing to say either.
other() {
	case $(${CC:-cc} --version 2>/dev/null) in
	*clang*) echo gcc ;;
	*) echo clang ;;
	esac
}

check() {
	san=$B-san
	{
		say build-san "$MAKE -j2 B=$san SANITIZE=address,undefined \
			build-tests"
		python generated
		python wof
		python arrays
		python bitlocker
		python locked
		python points
		python forgotten
		python lost story reference
		python lost_later tables deleted second
		python nothing_lost
		python carved
		python corpus --max-size 64M
		python cases
		python deleted
		python carve
		python differential --volumes 60 --step 17
		python sample
		python vdisk
		python vcases
		python vhdxlog
		python loop
		python acquire
		say second-compiler "sh tests/compiler.sh $(other) $B-other"
		say warnings "! grep -n 'warning:' $log/build.log"
		say layers "sh tests/layers.sh"
		say hardening "B=$B sh tests/hardening.sh"
		say instructions "B=$B sh tests/instructions.sh"
		say validation "sh tests/validation.sh"
		say install "sh tests/install.sh"
		say limits "sh tests/limits.sh"
		say manuals "sh tests/manuals.sh"
		cli "$B" ""
		units "$B" "" "-m 20"
	} | run
	{
		say san-mutations "B=$san sh tests/mutations.sh"
		say san-hostile "HIVELIFT='$PWD/$san/hivelift' B=$san \
			python3 tests/system/hostile.py"
		cli "$san" san-
		units "$san" san- "-m 20"
	} | run
}

# What is too large for every day.
big() {
	say check_ntfs_many "$B/check_ntfs_many"
	python shadows
	say system-locked-windows "python3 tests/system/locked.py windows"
	python lost
	python lost_later
	python corpus
	python nothing_lost --full
	python differential --volumes 1000
}

unpack() {
	[ -x "$corpus/unpack" ] || return 0
	[ -e "$HIVELIFT_UNPACKED/.done" ] || {
		echo "run: unpacking the corpus into $HIVELIFT_UNPACKED"
		"$corpus/unpack" "$HIVELIFT_UNPACKED" </dev/null
	}
}

build() {
	echo "run: building into $B"
	# without -k a first error could hide behind a second, longer one
	if $MAKE -j2 "$@" >"$log/build.log" 2>&1 </dev/null; then
		return
	fi
	grep -nE 'error|Error' "$log/build.log" | head -n 20
	tail -n 20 "$log/build.log"
	printf '\n0 passed, 1 failed, 0 skipped\n'
	exit 1
}

total() {
	passed=0 failed=0 skipped=0
	for sum in "$log"/*.sum; do
		[ -e "$sum" ] || continue
		read -r p f s <"$sum"
		passed=$((passed + p))
		failed=$((failed + f))
		skipped=$((skipped + s))
		[ "$f" = 0 ] || echo "failed: $(basename "$sum" .sum) ($f)"
	done
	grep -h '^SKIP: ' "$log"/*.log 2>/dev/null | sort | uniq -c | sort -rn
	[ $((passed + failed)) -gt 0 ] || failed=1
	commit=$(git describe --always --dirty --abbrev=40 --exclude '*' \
		2>/dev/null || echo unknown)
	echo "$what $(date -u +%Y-%m-%dT%H:%MZ) $commit" >"$log/run"
	echo
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}

what=${1:-}
[ $# = 0 ] || shift
case $what in
part)
	part "$@"
	exit 0
	;;
list)
	run() { cut -f 1; }
	check
	big | run | sed 's|^|corpus/|'
	exit
	;;
units|check|corpus|foreign) ;;
*)
	echo "usage: tests/run.sh units|check|corpus|foreign|list" >&2
	exit 1
	;;
esac
mkdir -p "$log"
rm -f "$log"/*.sum "$log"/*.log "$log"/*.san.* "$log/run"
trap 'exit 130' INT TERM
case $what in
units)
	units "$B" "" "" | run
	;;
check)
	build build-tests
	unpack
	check
	;;
foreign)
	{
		# an emulator would take an hour for what check_ntfs_generated
		# and check_fat_made show as well
		[ "${SLOW:-2}" -gt 10 ] || python generated
		python corpus --max-size 8M
		python deleted
		python carve
		units "$B" "" "-m 5"
	} | run
	;;
corpus)
	build build-tests
	unpack
	big | run
	;;
esac
total
