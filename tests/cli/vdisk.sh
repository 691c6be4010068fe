#!/bin/sh
# vdisk.sh: virtual disks as their users meet them: every command on each
# kind, parents that are moved, missing, named the way Windows does or by
# themselves, extents that point elsewhere.
. "$(dirname "$0")/lib.sh"

need qemu-img qemu-io python3 ewfexport || finish
HIVE=3:/Windows/System32/config/SOFTWARE
d=$tmp/disks
mkdir "$d"
raw=$d/base.raw
ewfexport -q -u -f raw -t "${raw%.raw}" "$root/testdata/sample.E01" \
	>/dev/null 2>&1
[ -s "$raw" ] || {
	not_ok "the sample as a raw image"
	finish
}
run 0 "hives of the raw image" hives --json -q "$raw"
json '[(r["volume"], r["path"], r["sha256"], r["state"]) for r in rows
	if "kind" in r]' >"$tmp/hives"
want=$("$HIVELIFT" cat -q "$raw" $HIVE 2>/dev/null | sha)

# ---- each kind, each command ---------------------------------------------------

# kind NAME SHOWN: the disk has whatever the raw image has
kind() {
	run 0 "info $1" info -q "$d/$1"
	has "$out" "info $1 says what it is" "$2"
	has "$out" "info $1 has the table" "GPT at offset 512, every check"
	lacks "$out" "info $1: nothing is unread" "NOT READ"
	run 0 "hives $1" hives --json -q "$d/$1"
	json '[(r["volume"], r["path"], r["sha256"], r["state"]) for r in rows
		if "kind" in r]' >"$tmp/got"
	check "hives $1: the same" cmp "$tmp/hives" "$tmp/got"
	run 0 "cat $1" cat -q "$d/$1" $HIVE
	equal "cat $1: the same" "$(sha <"$out")" "$want"
	run 0 "extract $1" extract -q "$d/$1" -o "$tmp/lifted"
	check "extract $1: SHA256SUMS" sh -c \
		"cd '$tmp/lifted' && sha256sum --quiet -c SHA256SUMS"
	check "extract $1: the manifest agrees with the image" \
		"$HIVELIFT" verify -q "$tmp/lifted" --image "$d/$1"
	rm -rf "$tmp/lifted"
}
convert() { # NAME FORMAT OPTIONS
	qemu-img convert -f raw -O "$2" -o "$3" "$raw" "$d/$1" || {
		not_ok "qemu-img makes $1"
		finish
	}
}
convert d.vhd vpc subformat=dynamic,force_size=on
kind d.vhd "VHD dynamic"
convert f.vhd vpc subformat=fixed,force_size=on
kind f.vhd "VHD fixed"
run 0 "a fixed VHD" info "$d/f.vhd"
has "$err" "a fixed VHD is said" "is a fixed VHD"
run 0 "its last row" info --json -q "$d/f.vhd"
equal "its footer is neither partition nor gap" "$(json \
	'max(r["offset"] + r["size"] for r in rows
	if r["type"] in ("gap", "volume")) <= '"$(wc -c <"$raw")")" True
convert d.vhdx vhdx subformat=dynamic
kind d.vhdx "VHDX dynamic"
convert f.vhdx vhdx subformat=fixed
kind f.vhdx "VHDX fixed"
convert s.vmdk vmdk subformat=monolithicSparse
kind s.vmdk "VMDK sparse"
convert flat.vmdk vmdk subformat=monolithicFlat
kind flat.vmdk "VMDK flat"
convert split.vmdk vmdk subformat=twoGbMaxExtentSparse
kind split.vmdk "VMDK split sparse"
convert stream.vmdk vmdk subformat=streamOptimized
kind stream.vmdk "VMDK stream-optimized"
convert d.qcow2 qcow2 cluster_size=65536
kind d.qcow2 QCOW2
run 0 "--version" --version
has "$out" "--version says virtual disks" "virtual disks: VHD, VHDX, VMDK"
has "$out" "--version says zstd" libzstd
run 1 "an extent alone" info "$d/split-s001.vmdk"
one_line "an extent alone: what to name instead" "name the file that"

# ---- parents ----------------------------------------------------------------

# over TOP NAME FORMAT: a QCOW2 that names its parent so, whatever is there
over() {
	qemu-img create -q -u -f qcow2 -b "$2" -F "$3" "$1" 66060288
}
p=$tmp/parents
mkdir "$p" "$p/sub"
cp "$raw" "$p/base.raw"
cp "$raw" "$p/sub/below.raw"
for name in base.raw ./base.raw '.\base.raw' 'C:\VMs\old\BASE.RAW' \
	'\\server\share\base.raw' /var/lib/images/base.raw ../base.raw \
	'..\..\base.raw' sub/below.raw 'sub\below.raw' '.\sub\below.raw' \
	file:base.raw; do
	over "$p/top.qcow2" "$name" raw
	run 0 "parent $name" cat -q "$p/top.qcow2" $HIVE
	equal "parent $name: the same" "$(sha <"$out")" "$want"
done
for name in missing.raw 'D:\gone\missing.raw' ../../etc/missing.raw \
	'json:{"driver":"raw","file.filename":"missing.raw"}'; do
	over "$p/top.qcow2" "$name" raw
	run 1 "missing parent $name" hives "$p/top.qcow2"
	one_line "missing parent $name is named" "$name"
	has "$err" "missing parent $name: what to do" "--with"
done
# what is not a plain file below the image's folder is never opened
for name in /etc/passwd ../../../../../../etc/passwd /dev/zero \
	/proc/self/environ; do
	over "$p/top.qcow2" "$name" raw
	run 1 "parent $name" info "$p/top.qcow2"
	one_line "parent $name: refused by name" "$name"
done
ln -s /etc/passwd "$p/passwd"
ln -s /etc "$p/etc"
mkfifo "$p/fifo"
for name in passwd etc/passwd fifo sub; do
	over "$p/top.qcow2" "$name" raw
	run 1 "parent $name, no plain file" info "$p/top.qcow2"
	one_line "parent $name, no plain file: refused" "$name"
done
rm "$p/passwd" "$p/etc" "$p/fifo"

# a chain of three, moved apart
c=$tmp/chain
mkdir -p "$c/a" "$c/b" "$c/c"
cp "$raw" "$c/base.raw"
(
	cd "$c" && qemu-img create -q -f qcow2 -b base.raw -F raw mid.qcow2 &&
	qemu-io -f qcow2 -c 'write -P 7 60000k 4k' mid.qcow2 &&
	qemu-img create -q -f qcow2 -b mid.qcow2 -F qcow2 top.qcow2 &&
	qemu-io -f qcow2 -c 'write -P 9 60004k 4k' top.qcow2
) >/dev/null
qemu-img convert -f qcow2 -O raw "$c/top.qcow2" "$tmp/flat"
flat=$(sha <"$tmp/flat")
disk() { # ARGS...: SHA-256 of the whole disk
	"$HIVELIFT" verify -q --json --hash sha256 "$@" >"$out" 2>"$err"
	json '[h["computed"] for r in rows for h in r.get("hashes", ())][0]'
}
equal "a chain of three" "$(disk "$c/top.qcow2")" "$flat"
run 0 "info of a chain" info "$c/top.qcow2"
has "$out" "its parents are listed" "mid.qcow2, base.raw"
mv "$c/base.raw" "$c/a"
mv "$c/mid.qcow2" "$c/b"
mv "$c/top.qcow2" "$c/c"
run 1 "a moved chain" info "$c/c/top.qcow2"
one_line "its first parent is named" mid.qcow2
run 1 "with one of two" info "$c/c/top.qcow2" --with "$c/b/mid.qcow2"
one_line "its second parent is named" base.raw
equal "--with names both, in any order" "$(disk "$c/c/top.qcow2" \
	--with "$c/a/base.raw" --with "$c/b/mid.qcow2")" "$flat"
run 1 "another file of another name is no parent" info "$c/c/top.qcow2" \
	--with "$raw"
has "$err" "still: its first parent is named" mid.qcow2
(
	cd "$c/c" || exit 1
	"$HIVELIFT" info -q top.qcow2 --with ../b/mid.qcow2 \
		--with ../a/base.raw >/dev/null 2>"$err"
)
equal "relative paths" $? 0
run 1 "output onto a parent" extract -q "$c/c/top.qcow2" --with \
	"$c/b/mid.qcow2" --with "$c/a/base.raw" -o "$c/a/base.raw"
equal "the parent is as it was" "$(sha <"$c/a/base.raw")" "$(sha <"$raw")"

# circles
for names in "x x" "x y y x" "x y y z z x"; do
	rm -f "$p"/?.qcow2
	# shellcheck disable=SC2086
	set -- $names
	while [ $# -gt 0 ]; do
		over "$p/$1.qcow2" "$2.qcow2" qcow2
		shift 2
	done
	run 1 "a circle: $names" hives "$p/x.qcow2"
	one_line "a circle: $names: is said" "is itself or made from it"
done
ln -f "$p/x.qcow2" "$p/y.qcow2"
over "$p/x.qcow2" y.qcow2 qcow2
ln -f "$p/x.qcow2" "$p/y.qcow2"
run 1 "itself under another name" hives "$p/x.qcow2"
one_line "itself under another name: is said" "is itself or made from it"
# a parent of its child's name, in the folder that the child names
over "$p/base.raw.qcow2" base.raw.qcow2 qcow2
mkdir "$p/far"
qemu-img convert -f raw -O qcow2 "$raw" "$p/far/base.raw.qcow2"
run 0 "a parent of the same name elsewhere" hives -q "$p/base.raw.qcow2" \
	--with "$p/far/base.raw.qcow2"

# a raw parent whose guest wrote another disk's header into it
cp "$p/base.raw" "$p/trap.raw"
over "$tmp/head.qcow2" secret.raw raw
head -c 4096 "$tmp/head.qcow2" | dd of="$p/trap.raw" conv=notrunc 2>/dev/null
over "$p/top.qcow2" trap.raw raw
equal "a raw parent stays raw" "$(disk "$p/top.qcow2")" "$(sha <"$p/trap.raw")"
# a fixed VHD's footer is no part of a larger child's disk
qemu-img create -q -f qcow2 -b "$d/f.vhd" -F vpc "$d/large.qcow2" 64M
qemu-img convert -f qcow2 -O raw "$d/large.qcow2" "$tmp/flat"
equal "larger than its fixed VHD" "$(disk "$d/large.qcow2")" \
	"$(sha <"$tmp/flat")"
rm -f "$tmp/flat"

# ---- extents of a VMDK ---------------------------------------------------------

e=$tmp/extents
mkdir "$e"
describe() { # FILE TYPE NAME
	printf '# Disk DescriptorFile\nversion=1\nCID=1\n' >"$1"
	printf 'parentCID=ffffffff\ncreateType="monolithicFlat"\n' >>"$1"
	printf 'RW 129024 %s "%s" 0\n' "$2" "$3" >>"$1"
}
cp "$raw" "$e/flat.raw"
for name in flat.raw ./flat.raw 'C:\VMs\flat.raw' /vm/flat.raw \
	../flat.raw; do
	describe "$e/d.vmdk" FLAT "$name"
	run 0 "extent $name" cat -q "$e/d.vmdk" $HIVE
	equal "extent $name: the same" "$(sha <"$out")" "$want"
done
ln -s /etc/passwd "$e/passwd"
for name in /etc/passwd ../../../../../../../etc/passwd /dev/zero passwd \
	/dev/sda '\\.\PhysicalDrive0' "$raw.not" ''; do
	describe "$e/d.vmdk" FLAT "$name"
	run 1 "extent '$name'" info "$e/d.vmdk"
	one_line "extent '$name': refused by name" "$name"
	run 2 "extent '$name', --allow-missing" verify -q "$e/d.vmdk" \
		--allow-missing
	has "$err" "extent '$name', --allow-missing: a loss" "zeros"
	lacks "$out" "extent '$name': nothing of it is read" root:
done
describe "$e/d.vmdk" FLAT d.vmdk
run 2 "an extent that is the descriptor: cut" verify -q --hash sha256 \
	"$e/d.vmdk"
describe "$e/d.vmdk" VMFSRAW flat.raw
run 1 "an extent of another kind" info "$e/d.vmdk"
one_line "an extent of another kind is named" "of type VMFSRAW"
finish
