#!/bin/sh
# limits.sh: tests/limits/limits.c, built with the ceilings of limits.h as
# variables, and run.  Without sanitizers: what a ceiling does is the same in
# the unit suites, which have them, and this builds all of the library anew.
B=${B:-build}-limits
mkdir -p "$B"
${MAKE:-make} -j2 B="$B" SANITIZE= CFLAGS='-O1 -g -Wno-sign-compare' \
	CPPFLAGS="-DHL_TEST_LIMITS -I$B" "$B/limits" >"$B/build.log" 2>&1 || {
	cat "$B/build.log"
	echo "limits: a ceiling that sizes an array or stands in a constant" \
		"table belongs into FIXED_LIMITS of the Makefile"
	exit 1
}
exec "$B/limits"
