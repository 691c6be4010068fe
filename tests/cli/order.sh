#!/bin/sh
# order.sh: what a command writes is opened before the image is parsed, and
# goes again when the run comes to nothing.
. "$(dirname "$0")/lib.sh"

w=$tmp/w
mkdir "$w"
head -c 1048576 /dev/zero >"$w/zero.img"
sample=$root/testdata/sample.E01

gone() { check "$1: nothing is left" test ! -e "$2"; }

run 1 "extract, no image" extract "$w/zero.img" -o "$w/a"
gone "extract, no image" "$w/a"
run 1 "exec, no image" exec --out "$w/b" "$w/zero.img" -- true
gone "exec, no image" "$w/b"
run 1 "no such file" extract "$w/none.img" -o "$w/c"
gone "no such file" "$w/c"
mkdir "$w/mine"
run 1 "an empty folder" extract "$w/zero.img" -o "$w/mine"
check "a folder that was there stays" test -d "$w/mine"
touch "$w/mine/note"
run 1 "a folder with something in it" extract "$w/zero.img" -o "$w/mine"
has "$err" "a folder with something in it" "is not empty"
run 1 "in another folder" extract "$w/zero.img" -o "$w/no/such"
has "$err" "in another folder" "cannot make the folder"

# replay: refused logs leave nothing, and take nothing
head -c 4096 /dev/zero >"$w/hive"
head -c 512 /dev/zero >"$w/hive.LOG1"
run 1 "replay, no hive" replay "$w/hive" -o "$w/out"
gone "replay, no hive" "$w/out"
echo old >"$w/old"
run 1 "replay --force, no hive" replay --force "$w/hive" -o "$w/old"
equal "what was there stays" "$(cat "$w/old")" "old"
equal "no temporary file stays" "$(ls -A "$w" | tr '\n' ' ')" \
	"hive hive.LOG1 mine old zero.img "

run 0 "whole" extract "$sample" -o "$w/whole"
check "whole: with its lists" test -s "$w/whole/manifest.json"
finish
