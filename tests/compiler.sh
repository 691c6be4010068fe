#!/bin/sh
# compiler.sh CC B: a second compiler builds everything without a warning.
set -u
cc=$1 b=$2
command -v "$cc" >/dev/null 2>&1 || {
	echo "SKIP: no $cc here"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}
${MAKE:-make} -j2 CC="$cc" B="$b" DEVELOPER=1 CFLAGS=-O1 build-tests
