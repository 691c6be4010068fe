#!/bin/sh
# layers.sh: who may include whom.  base <- {io, codec} <- {vol, bde, ntfs,
# fat, exfat, hive} <- fs <- lift <- cli; formats never include each other.
set -u
bad=0

below() {
	case $1 in
	base) echo "base" ;;
	io) echo "base io" ;;
	codec) echo "base codec" ;;
	vol|bde|vss|ntfs|fat|exfat|hive) echo "base io codec $1" ;;
	fs) echo "base io codec vol bde vss ntfs fat exfat hive fs" ;;
	lift) echo "base io codec vol bde vss ntfs fat exfat hive fs lift" ;;
	cli) echo "base io codec vol bde vss ntfs fat exfat hive fs lift cli" ;;
	esac
}

layer_of() {
	echo "$1" | cut -d/ -f2
}

includes() {
	sed -n 's/^[ 	]*#[ 	]*include[ 	]*"\([^"]*\)".*/\1/p' "$1"
}

# The public headers have layers too.
public() {
	case $1 in
	status.h|ctx.h|times.h) echo base ;;
	src.h) echo io ;;
	vol.h) echo vol ;;
	bde.h) echo bde ;;
	shadow.h) echo io ;;
	hive.h) echo hive ;;
	fs.h|scan.h) echo fs ;;
	lift.h|carve.h|verify.h|acquire.h|hivelift.h) echo lift ;;
	*) echo unknown ;;
	esac
}

complain() {
	echo "FAIL: $1 ($2) includes $3 ($4)"
	bad=1
}

for f in src/*/*.[ch]; do
	[ -e "$f" ] || continue
	layer=$(layer_of "$f")
	allowed=" $(below "$layer") "
	if [ "$allowed" = "  " ]; then
		echo "FAIL: $f: no such layer: $layer"
		bad=1
		continue
	fi
	for inc in $(includes "$f"); do
		case $inc in
		hivelift/*) target=$(public "${inc#hivelift/}") ;;
		*/*) target=${inc%%/*} ;;
		*) target=$(echo "$f" | cut -d/ -f2) ;;
		esac
		# hl_version() has its prototype in the umbrella
		case $layer:$inc in
		base:hivelift/hivelift.h) continue ;;
		esac
		case $allowed in
		*" $target "*) ;;
		*) complain "$f" "$layer" "$inc" "$target" ;;
		esac
	done
done

# The library neither prints nor ends the program, and knows the platform
# only below io.
for f in src/*/*.c; do
	[ -e "$f" ] || continue
	case $f in src/cli/*) continue ;; esac
	if grep -nE '(^|[^_a-z.>])(printf|puts|perror|exit|abort|assert|system|popen|fork|signal)\(|std(out|err)' "$f" |
		grep -vE '^[0-9]+:[ 	/]*\*'; then
		echo "FAIL: $f: the library does not print, exit or fork"
		bad=1
	fi
	case $f in src/io/*|src/base/*|src/lift/*) continue ;; esac
	if grep -nE '#[ 	]*include <(sys/|linux/|unistd|fcntl)' "$f"; then
		echo "FAIL: $f: the operating system is known below io only"
		bad=1
	fi
done
[ $bad = 0 ] && echo "layers: 1 passed, 0 failed, 0 skipped"
exit $bad
