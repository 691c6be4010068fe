#!/bin/sh
# limits.sh: tests/limits/limits.c, built with the ceilings of limits.h as
# variables and under the sanitizers, and run.
B=${B:-build}-limits
${MAKE:-make} -j2 B="$B" SANITIZE=address,undefined \
	CFLAGS='-O1 -g -Wno-sign-compare' \
	CPPFLAGS="-DHL_TEST_LIMITS -I$B" "$B/limits" >/dev/null || exit 1
exec "$B/limits"
