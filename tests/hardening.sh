#!/bin/sh
# hardening.sh: what the linker and the compiler were asked for is in what
# they made: program and shared library, by readelf.  `make hardening-check`.
set -u
B=${B:-build}
passed=0 failed=0

if ! command -v readelf >/dev/null 2>&1; then
	echo "SKIP: no readelf here"
	echo "hardening: 0 passed, 0 failed, 1 skipped"
	exit 0
fi
flags=$(cat "$B/.flags")
case $flags in
*-fsanitize=*)
	echo "SKIP: built with sanitizers, which take other measures"
	echo "hardening: 0 passed, 0 failed, 1 skipped"
	exit 0
	;;
esac

# check WHAT TEXT PATTERN: the pattern is in the text
check() {
	if printf '%s\n' "$2" | grep -qE -e "$3"; then
		passed=$((passed + 1))
		echo "ok: $1"
	else
		failed=$((failed + 1))
		echo "FAIL: $1"
	fi
}
not() {
	if printf '%s\n' "$2" | grep -qE -e "$3"; then
		failed=$((failed + 1))
		echo "FAIL: $1"
	else
		passed=$((passed + 1))
		echo "ok: $1"
	fi
}

for f in "$B/hivelift" "$B"/libhivelift.so; do
	[ -e "$f" ] || continue
	name=${f##*/}
	head=$(readelf -hW "$f") segments=$(readelf -lW "$f")
	dynamic=$(readelf -dW "$f")
	symbols=$(readelf -W --dyn-syms "$f")
	check "$name: position independent" "$head" 'Type: +DYN'
	case $name in
	*.so) ;;
	*) check "$name: linked as such" "$dynamic" 'FLAGS_1.*PIE' ;;
	esac
	check "$name: relocations become read-only" "$segments" GNU_RELRO
	check "$name: all of them, at the start" "$dynamic" 'BIND_NOW|Flags:.*NOW'
	not "$name: no stack that runs" "$segments" 'GNU_STACK.*E '
	not "$name: nothing writable that runs" "$segments" 'LOAD.* RWE '
	not "$name: no relocations in code" "$dynamic" TEXTREL
	not "$name: no search path of its own" "$dynamic" 'RPATH|RUNPATH'
	check "$name: stack protector" "$symbols" __stack_chk_fail
	case $flags in *_FORTIFY_SOURCE=*)
		check "$name: fortified calls" "$symbols" '__[a-z]+_chk@'
		;;
	esac
done
# glibc 2.34 and gcc 12 know level 3
level='[23]'
case $(getconf GNU_LIBC_VERSION 2>/dev/null) in
*' 2.3'[4-9]*|*' 2.'[4-9]*)
	case $flags in gcc\ *|*\ gcc\ *|cc\ *)
		[ "$(gcc -dumpversion 2>/dev/null | cut -d. -f1)" -ge 12 ] &&
			level=3
		;;
	esac
	;;
esac
check "flags: fortified, level $level" "$flags" "_FORTIFY_SOURCE=$level"
# Without it in the C library's own start files the linker drops the mark
# from the whole; so each of our objects is asked.
case $flags in
*-fcf-protection*)
	unmarked=$(find "$B/src" -name '*.o' -exec readelf -nW {} + |
		awk '/^File:/ { if (file && !good) print file
				file = $2; good = 0 }
			/IBT, SHSTK|IBT.*SHSTK/ { good = 1 }
			END { if (file && !good) print file }')
	if [ -z "$unmarked" ]; then
		passed=$((passed + 1))
		echo "ok: every object: indirect branches and returns guarded"
	else
		failed=$((failed + 1))
		echo "FAIL: objects without -fcf-protection: $unmarked"
	fi
	;;
*)
	echo "ok: this machine has no -fcf-protection"
	;;
esac
echo "hardening: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
