#!/bin/sh
# arrays.sh: --stripe and --mirror as their users meet them: sizes that cannot
# be, images of unequal size, twice, in the wrong order, too many.
. "$(dirname "$0")/lib.sh"

need python3 ewfexport || finish
HIVE=3:/Windows/System32/config/SOFTWARE
raw=$tmp/disk.raw
ewfexport -q -u -f raw -t "${raw%.raw}" "$root/testdata/sample.E01" \
	>/dev/null 2>&1
[ -s "$raw" ] || {
	not_ok "the sample as a raw image"
	finish
}
want=$("$HIVELIFT" cat -q "$raw" $HIVE 2>/dev/null | sha)
cd "$tmp" || exit 1
python3 - <<'END'
data, size = open('disk.raw', 'rb').read(), 65536
chunks = [data[i:i + size] for i in range(0, len(data), size)]
for i in range(3):
    with open(f'm{i}.dd', 'wb') as f:
        f.write(b''.join(chunks[i::3]))
with open('m1.dd', 'rb') as f:
    one = f.read()
open('short.dd', 'wb').write(one[:-9 * size])
open('long.dd', 'wb').write(one + b'controller' * 1000)
open('tail.dd', 'wb').write(one + b'odd')
open('tiny.dd', 'wb').write(one[:100])
open('empty.dd', 'wb').close()
open('cut.dd', 'wb').write(data[:45000000])
END
ln -s m0.dd link.dd

run 0 "a stripe" cat -q m0.dd --stripe 64K --with m1.dd --with m2.dd $HIVE
equal "a stripe: the same" "$(sha <"$out")" "$want"
run 0 "info of a stripe" info --stripe 65536 m0.dd --with m1.dd --with m2.dd
has "$out" "info of a stripe: all images count" "striped array, 3 files"
equal "nothing to say" "$(wc -c <"$err")" 0
for size in 0 -1 '' abc 64KB 1e3 99999999999999999999 16E; do
	run 1 "--stripe '$size'" info --stripe "$size" m0.dd --with m1.dd
	one_line "--stripe '$size': refused" "--stripe"
done
for size in 1 511 513 1000 96K 128M 64M 0x10001; do
	run 1 "--stripe $size" info --stripe "$size" m0.dd --with m1.dd
	one_line "--stripe $size: what it may be" "power of two from 512"
done
run 1 "an image smaller than a stripe" info --stripe 64K m0.dd --with tiny.dd
one_line "an image smaller than a stripe: said" "larger than an image"
run 1 "an empty image" info --stripe 64K m0.dd --with empty.dd
one_line "an empty image: named" empty.dd

# unequal
run 0 "one is longer" cat m0.dd --stripe 64K --with long.dd --with m2.dd $HIVE
equal "one is longer: the same" "$(sha <"$out")" "$want"
has "$err" "one is longer: said" "less than the largest of the images"
run 2 "one is short" info m0.dd --stripe 64K --with short.dd --with m2.dd
has "$err" "one is short: named" "short.dd has 589824 bytes less"
has "$err" "one is short: what it costs" "its end is missing"
cp m0.dd t0.dd
cp m2.dd t2.dd
printf odd >>t0.dd
printf odd >>t2.dd
run 0 "odd ends" info t0.dd --stripe 64K --with tail.dd --with t2.dd
has "$err" "odd ends: said" "the last 3 bytes of each image"

# twice, in the wrong order, too few, too many
for twice in m0.dd ./m0.dd link.dd "$tmp/m0.dd"; do
	run 1 "$twice again" info m0.dd --stripe 64K --with "$twice"
	one_line "$twice again: refused" "is given twice"
	run 1 "a mirror of $twice" info --mirror m0.dd --with "$twice"
	one_line "a mirror of $twice: refused" "is given twice"
done
run 1 "the second one again" info m0.dd --stripe 64K --with m1.dd --with m1.dd
one_line "the second one again: refused" "m1.dd and as m1.dd"
run 2 "the wrong order" info m1.dd --stripe 64K --with m0.dd --with m2.dd
has "$err" "the wrong order: the table is not where it should be" \
	"the primary is not there"
# what NTFS proves: the order, and the size of a stripe
python3 - <<'END'
data = open('disk.raw', 'rb').read()
for n, size in ((3, 4096), (3, 65536), (3, 1 << 20), (2, 65536)):
    chunks = [data[i:i + size] for i in range(0, len(data), size)]
    for i in range(n):
        with open(f'o{n}-{size}-{i}', 'wb') as f:
            f.write(b''.join(chunks[i::n]))
END
for size in 4096 65536 1048576; do
	o=o3-$size
	right="it is --stripe $size in the order $o-0, $o-1, $o-2"
	for order in "0 2 1" "1 0 2" "1 2 0" "2 0 1" "2 1 0"; do
		# shellcheck disable=SC2086
		set -- $order
		run 2 "$size in the order $order" info $o-"$1" --stripe $size \
			--with $o-"$2" --with $o-"$3"
		has "$err" "$size in the order $order: proved" "$right"
	done
	for other in 4096 32768 131072 262144; do
		[ $other != $size ] || continue
		run 2 "$size taken for $other" info $o-0 --stripe $other \
			--with $o-1 --with $o-2
		has "$err" "$size taken for $other: proved" "$right"
	done
	run 0 "$size as it was" info $o-0 --stripe $size --with $o-1 \
		--with $o-2
	lacks "$err" "$size as it was: nothing to say" "in the order"
done
run 2 "two in the wrong order" hives o2-65536-1 --stripe 64K --with o2-65536-0
has "$err" "two in the wrong order: proved" "in the order o2-65536-0, o2-65536-1"
rm -f o[23]-*
run 2 "one too few" info m0.dd --stripe 64K --with m1.dd
has "$err" "one too few: partitions end behind it" "bytes before it does"
run 1 "no other" info m0.dd --stripe 64K
one_line "no other: said" "needs --with"
i=0
set --
while [ $i -lt 32 ]; do
	i=$((i + 1))
	cp tiny.dd "x$i"
	set -- "$@" --with "x$i"
done
run 1 "32 others" info m0.dd --mirror "$@"
one_line "32 others: said" "no more than 31 images"
run 1 "both" info m0.dd --mirror --stripe 64K --with m1.dd
one_line "both: said" "exclude each other"

# mirrors
cp disk.raw copy.raw
run 0 "a mirror" cat -q --mirror disk.raw --with copy.raw $HIVE
equal "a mirror: the same" "$(sha <"$out")" "$want"
for first in cut.dd disk.raw; do
	# what it lacks is in the second copy: used, and said
	case $first in
	cut.dd) second=disk.raw status=2 ;;
	*) second=cut.dd status=0 ;;
	esac
	run $status "a copy that ends early, $first" hives --mirror $first \
		--with "$second"
	has "$err" "a copy that ends early, $first: named" \
		"cut.dd has $(($(wc -c <disk.raw) - 45000000)) bytes less"
	run $status "hives of $first and $second" cat -q --mirror $first \
		--with "$second" $HIVE
	equal "hives of $first and $second: the same" "$(sha <"$out")" "$want"
done
run 0 "verify of both" verify --json --hash sha256 -q --mirror disk.raw \
	--with cut.dd
equal "all of the larger copy is read" "$(json \
	'[h["computed"] for r in rows for h in r.get("hashes", ())][0]')" \
	"$(sha <disk.raw)"
finish
