#!/bin/sh
# usage.sh: words of the command line, --help, --version, what is refused.
. "$(dirname "$0")/lib.sh"

run 1 "no command"
one_line "no command: a hint" "hivelift --help"
run 0 "--help" --help
cp "$out" "$tmp/help"
for c in info hives extract cat ls stat carve acquire exec scan verify replay; do
	has "$tmp/help" "--help names $c" "  $c "
	has "$tmp/help" "--help shows an example of $c" "  hivelift $c "
	run 0 "help $c" help $c
	cp "$out" "$tmp/of"
	run 0 "$c --help" $c --help
	check "help $c is the same" cmp "$tmp/of" "$out"
	has "$out" "$c --help has an example" "  hivelift $c "
	[ "$(wc -l <"$out")" -le 60 ] && ok "$c --help is short" ||
		not_ok "$c --help is $(wc -l <"$out") lines"
	awk 'length($0) > 80 {bad = 1} END {exit bad}' "$out" &&
		ok "$c --help fits 80 columns" ||
		not_ok "$c --help is wider than 80 columns"
done
# the same name, told as each command means it
for c in extract:DIR carve:DIR replay:OUT acquire:FILE; do
	run 0 "${c%:*} --help" "${c%:*}" --help
	has "$out" "${c%:*} --help: what -o is" "-o, --output ${c#*:} "
done
lacks "$out" "acquire --help: no archive" "tar archive"
run 0 "--version" --version
has "$out" "--version names the program" "hivelift $(cat "$root/VERSION")"

run 1 "help of an unknown command" help frobnicate
one_line "help of an unknown command: said" "unknown command 'frobnicate'"
run 1 "unknown command" frobnicate x
one_line "unknown command: one line" "frobnicate"
run 1 "unknown option" ls --frobnicate x
one_line "unknown option: one line" "unknown option --frobnicate"
run 1 "unknown letter" ls -Z x
one_line "unknown letter: one line" "unknown option -Z"
run 1 "hostile word is shown escaped" "$(printf 'x\033[31m')"
lacks "$err" "no escape character on stderr" "$(printf '\033')"
run 1 "option of another command" ls --force x
one_line "option of another command: one line" "no option of ls"

run 1 "no image" info
one_line "no image: what is wanted" "info wants IMAGE"
run 1 "extract without -o" extract x
one_line "extract without -o: said" "-o DIR"
run 1 "cat without a path" cat x
run 1 "too many arguments" cat x y z
one_line "too many arguments: named" "'z'"
run 1 "missing value" ls x --volume
one_line "missing value: said" "--volume wants a value"
run 1 "a flag takes no value" ls --json=1 x
one_line "a flag takes no value: said" "takes no value"
for bad in "--volume x" "--volume -1" "--offset 1q" "--offset -5" \
	"--offset 99999999999999999999" "--offset 20000000000G" \
	"--sector-size 100" "--sector-size 513" "--timeout 0" \
	"--timeout soon" "--max-memory 0" "--max-file-size many" \
	"--codepage NOSUCH" \
	"--tz Nowhere/City" "--tz ../../etc/passwd" "--tz /etc/localtime"; do
	# shellcheck disable=SC2086
	run 1 "$bad" ls $bad x
	one_line "$bad: named" "${bad%% *}"
done
run 1 "unknown kind" hives --kind NOSUCH x
one_line "unknown kind: named" "NOSUCH"

for good in 437 CP437 ibm437 CP850 WINDOWS-1252 SHIFT_JIS; do
	run 1 "--codepage $good" ls --codepage $good "$tmp/none"
	one_line "--codepage $good: known" "No such file"
done

if need mkfs.fat mcopy && fat "$tmp/-fat.img" 4; then
	cd "$tmp" || exit 1
	run 0 "options may follow arguments" ls ./-fat.img /Folder -l --quiet
	has "$out" "the option behind counts" "---A---"
	run 0 "--name=value" ls --volume=1 ./-fat.img /Folder
	run 0 "joined letters" ls -lR ./-fat.img /
	run 0 "-- ends the options" ls -- -fat.img /Folder
	has "$out" "-- ends the options: content" "random.bin"
	run 1 "an option behind -- is a word" ls -- -fat.img -l
fi
finish
