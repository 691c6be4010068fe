#!/bin/sh
# lint.sh [quick]: static checks, all of them clean.  What a tool gets wrong is
# suppressed where it says it, with a reason (base/lint.h, NOLINT,
# cppcheck-suppress); what is off altogether says why in .clang-tidy and
# .shellcheckrc.  quick leaves out what takes minutes: clang-tidy and gcc's
# analyzer.  `make lint` is all of it, make check runs quick.
set -u
cd "$(dirname "$0")/.." || exit 1
quick=${1:-}
jobs=${JOBS:-$( (nproc || sysctl -n hw.ncpu || echo 2) 2>/dev/null)}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hivelift-lint-XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0 skipped=0

# The flags that decide what the preprocessor sees.
flags="-std=c11 -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700"
flags="$flags -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -Iinclude -Isrc"
for p in libewf libbfio libvshadow libdeflate libzstd libseccomp; do
	pkg-config --exists $p 2>/dev/null || continue
	flags="$flags -DHAVE_$(echo $p | tr a-z A-Z) $(pkg-config --cflags $p)"
done

have() {
	command -v "$1" >/dev/null 2>&1 && return
	echo "SKIP: no $1 here"
	skipped=$((skipped + 1))
	return 1
}

# result NAME STATUS: what it said is in $tmp/said
result() {
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL: $1"
		head -n 100 "$tmp/said"
	fi
}

scripts() {
	grep -lE '^#!.*(/| )(sh|bash)$' scripts/* tests/*.sh tests/*/*.sh \
		bench/* .ci/* 2>/dev/null
}

if have shellcheck; then
	# shellcheck disable=SC2046
	shellcheck -x -S warning $(scripts) >"$tmp/said" 2>&1
	result shellcheck $?
fi
if have cppcheck; then
	defines=$(echo "$flags" | tr ' ' '\n' | grep '^-DHAVE' | tr '\n' ' ')
	# shellcheck disable=SC2086
	cppcheck -j "$jobs" --std=c11 --quiet --inline-suppr \
		--enable=warning,portability,performance --error-exitcode=1 \
		--suppress=missingIncludeSystem -Iinclude -Isrc $defines src \
		>"$tmp/said" 2>&1
	result cppcheck $?
fi
if have mandoc; then
	# STYLE is taste; a missing cross reference is a page of others
	mandoc -T lint -W warning man/*.[13] 2>&1 |
		grep -v 'referenced manual not found' >"$tmp/said"
	[ ! -s "$tmp/said" ]
	result mandoc $?
fi
if [ "$quick" = quick ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
	exit
fi
# Each file says at most once what is wrong with it.
each() {
	find src -name '*.c' | LC_ALL=C sort |
		xargs -P "$jobs" -n 1 sh -c "$1" lint >"$tmp/said" 2>&1
}
if have gcc && [ "$(gcc -dumpversion | cut -d. -f1)" -ge 12 ]; then
	each "gcc $flags -O2 -fanalyzer -Werror -c -o /dev/null \"\$1\""
	result "gcc -fanalyzer" $?
fi
if have clang-tidy; then
	each "clang-tidy --quiet \"\$1\" -- $flags 2>&1 |
		grep -v 'warnings generated\|^Suppressed\|^Use -header' |
		grep . && exit 1 || exit 0"
	result clang-tidy $?
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
