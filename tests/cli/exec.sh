#!/bin/sh
# exec.sh: one process per hive: what it gets, how it ends, what is left.
. "$(dirname "$0")/lib.sh"

img=$root/testdata/sample.E01
if ! "$HIVELIFT" info -q "$img" >/dev/null 2>&1; then
	skip "no E01 here"
	finish
fi
hives=$tmp/hives.json
"$HIVELIFT" hives --json "$img" >"$hives" 2>/dev/null
usable=$(grep -cE '"state":"(clean|dirty|replayed)"' "$hives")
empty=$(grep -c '"state":"empty"' "$hives")

# ---- what it gets ----
run 0 "as found" exec --as-found "$img" -- sh -c \
	'echo "$(sha256sum <{} | cut -c 1-64) $HIVELIFT_VOLUME $HIVELIFT_PATH"'
sort "$out" >"$tmp/got"
python3 -c '
import json, sys
for l in open(sys.argv[1]):
    r = json.loads(l)
    if r.get("state") in ("clean", "dirty", "replayed"):
        print(r["sha256"], r["volume"], r["path"])' "$hives" |
	sort >"$tmp/want"
check "the bytes of each hive, once" cmp "$tmp/got" "$tmp/want"
equal "one process for each" "$(wc -l <"$out")" "$usable"
equal "a header line for each" "$(grep -cE ': [0-9]+:/.*: [A-Z]+' "$err")" \
	"$usable"
equal "empty ones are skipped, and said" \
	"$(grep -c 'skipped: empty' "$err")" "$empty"
has "$err" "coverage at the end" "searched: volumes"

run 0 "environment" exec --user alice --kind NTUSER "$img" -- sh -c \
	'env | grep -E "^HIVELIFT_(KIND|USER|PATH|VOLUME|STATE)=" | sort'
printf '%s\n' HIVELIFT_KIND=NTUSER HIVELIFT_PATH=/Users/alice/NTUSER.DAT \
	"HIVELIFT_STATE=$(python3 -c '
import json, sys
print([r["state"] for r in map(json.loads, open(sys.argv[1]))
       if r.get("path") == "/Users/alice/NTUSER.DAT"][0])' "$hives")" \
	HIVELIFT_USER=alice HIVELIFT_VOLUME=3 >"$tmp/want"
check "environment: all five" cmp "$out" "$tmp/want"
has "$err" "header: true path, kind, user, state" \
	"3:/Users/alice/NTUSER.DAT: NTUSER of alice, "
HIVELIFT_USER=stale HIVELIFT_KIND=stale run 0 "environment: nobody's" \
	exec --kind SAM "$img" -- sh -c 'echo "<$HIVELIFT_USER>$HIVELIFT_KIND"'
equal "environment: what was there before is gone" "$(cat "$out")" "<>SAM"

run 0 "arguments" exec --kind SAM "$img" -- printf '[%s]' 'two words' '' \
	'"q"' "it's" '$HOME *' '{' '}' '{ }' -x --json '-{}-{}' '{}{}'
sed 's|/proc/self/fd/[0-9]*|@|g' "$out" >"$tmp/got"
equal "arguments: untouched but for {}" "$(cat "$tmp/got")" \
	"[two words][][\"q\"][it's][\$HOME *][{][}][{ }][-x][--json][-@-@][@@]"
run 0 "options may stand before --" exec "$img" --kind SAM -q -- echo x
check "-q: no header" test ! -s "$err"

echo secret | "$HIVELIFT" exec -q --kind SAM "$img" -- cat >"$out" 2>"$err"
check "stdin of the child is empty" test ! -s "$out"
run 0 "stdout and stderr pass" exec -q --kind SAM "$img" -- sh -c \
	'printf "\001a\n"; printf "\002b" >&2'
equal "stdout as it is" "$(od -An -c "$out")" "$(printf '\001a\n' | od -An -c)"
equal "stderr as it is" "$(od -An -c "$err")" "$(printf '\002b' | od -An -c)"
if [ -d /proc/self/fd ]; then
	run 0 "seekable" exec -q --kind SAM "$img" -- sh -c \
		'tail -c 3 {} >/dev/null; head -c 4 {}; stat -L -c " %s" {}'
	equal "seekable, and named by its descriptor" "$(cat "$out")" \
		"regf 65536"
	run 0 "sealed" exec -q --kind SAM "$img" -- sh -c \
		'for w in ">" ">>"; do sh -c "echo x $w{}" || echo no; done'
	equal "sealed: no child changes it" "$(grep -c no "$out")" 2
	run 0 "descriptors" exec -q --kind SAM "$img" -- sh -c \
		'ls -l /proc/$PPID/fd; echo "--"; ls -l /proc/$$/fd'
	lacks "$out" "neither helper nor child holds the image" "sample.E01"
	sed -n '/^--/,$p' "$out" >"$tmp/got"
	lacks "$tmp/got" "the child has no socket" "socket:"
fi

# ---- how it ends ----
run 2 "a child fails" exec "$img" --kind SAM --kind SECURITY -- sh -c \
	'[ $HIVELIFT_KIND = SECURITY ] || exit 7; echo went on'
has "$err" "a child fails: which, how" \
	"3:/Windows/System32/config/SAM: sh ended with status 7"
equal "a child fails: the others run" "$(cat "$out")" "went on"
run 2 "a child is killed" exec "$img" --kind SAM -- sh -c 'kill -9 $$'
has "$err" "a child is killed: said" "was ended by signal 9"
run 2 "a child that says 127" exec "$img" --kind SAM -- sh -c 'exit 127'
run 1 "no such command" exec "$img" -- "$tmp/nothing" {}
has "$err" "no such command: said" "cannot run $tmp/nothing: No such file"
equal "no such command: once" "$(grep -c 'cannot run' "$err")" 1
: >"$tmp/plain"
run 1 "not executable" exec "$img" -- "$tmp/plain"
run 1 "no hive" exec --user nobody "$img" -- true
has "$err" "no hive: looked in" "searched: volumes"
run 1 "only empty ones" exec --path '*/RegBack/*' "$img" -- true
has "$err" "only empty ones: said" "no hive that could be handed over"
run 1 "no command" exec "$img"
one_line "no command" "exec wants IMAGE -- CMD"
run 1 "no command behind --" exec "$img" --
one_line "no command behind --" "exec wants IMAGE -- CMD"
run 1 "no --" exec "$img" true
one_line "no --" "one argument too many"
printf 'no image\n' >"$tmp/text"
run 1 "not an image" exec "$tmp/text" -- touch "$tmp/ran"
check "not an image: nothing was run" test ! -e "$tmp/ran"
"$HIVELIFT" exec -q "$img" -- sh -c 'head -c 100000 /dev/zero' 2>"$err" |
	head -c 10 >/dev/null
ok "a reader that goes away ends nothing but its child"

# ---- --out ----
run 0 "--out" exec --out "$tmp/o" "$img" -- sh -c 'echo $HIVELIFT_PATH'
check "--out: stdout is empty" test ! -s "$out"
equal "--out: a file for each" "$(find "$tmp/o" -type f | wc -l)" "$usable"
equal "--out: named as the layout has it" \
	"$(cat "$tmp/o/v3_alice_NTUSER.DAT.txt")" "/Users/alice/NTUSER.DAT"
equal "--out: nobody's" "$(cat "$tmp/o/v3_SYSTEM.txt")" \
	"/Windows/System32/config/SYSTEM"
run 1 "--out: a folder that holds something" exec --out "$tmp/o" "$img" -- \
	true
run 0 "--out --force" exec --out "$tmp/o" --force --kind SAM "$img" -- echo new
equal "--force: replaced" "$(cat "$tmp/o/v3_SAM.txt")" new
rm "$tmp/o/v3_SYSTEM.txt"
ln -s "$tmp/elsewhere" "$tmp/o/v3_SYSTEM.txt"
run 0 "--out: a link in the way" exec --out "$tmp/o" --force --kind SYSTEM \
	"$img" -- echo new
check "--out: no link is followed" test ! -e "$tmp/elsewhere"
run 2 "--out: a child fails" exec --out "$tmp/p" --kind SAM "$img" -- sh -c \
	'echo half; exit 1'
equal "--out: what it said is kept" "$(cat "$tmp/p/v3_SAM.txt")" half
run 1 "--out: nothing to run on" exec --out "$tmp/q" --user nobody "$img" -- true
check "--out: no empty folder is left" test ! -e "$tmp/q"

# ---- --json: stdout has nothing but lines of JSON ----
# keys NAME: what `hives` says of each hive is there, word for word
keys() {
	equal "$1" same "$(python3 -c '
import json, sys
def rows(name):
    return list(map(json.loads, open(name)))
want, got = rows(sys.argv[1]), rows(sys.argv[2])
cut = [{k: v for k, v in r.items() if k not in ("handed_over", "exit_status",
        "signal", "output", "not_run", "notes")} for r in got]
want = [{k: v for k, v in r.items() if k != "notes"} for r in want]
print("same" if cut == want else "%r\n%r" % (cut, want))' \
		"$hives" "$out")"
}
run 2 "--json" exec --json "$img" -- sh -c 'sha256sum <{}
	case $HIVELIFT_KIND in
	SAM) exit 7 ;;
	SECURITY) kill -9 $$ ;;
	esac'
keys "--json: the keys of hives, and its coverage"
grep -oE '^[0-9a-f]{64}' "$err" >"$tmp/sums"
equal "--json: what the command says goes to stderr" "$usable" \
	"$(wc -l <"$tmp/sums")"
check "--json: as found, the hash is that of what was handed over" \
	python3 -c '
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
sums = open(sys.argv[2]).read().split()
ran = [r for r in rows if r.get("not_run") is None and "kind" in r]
assert len(ran) == len(sums)
assert {r["handed_over"] for r in ran} == {"clean", "replayed"}
for r, s in zip(ran, sums):
    assert r["handed_over"] == r["state"]
    assert (r["sha256"] == s) == (r["state"] == "clean"), r["path"]
' "$out" "$tmp/sums"
equal "--json: how each ended" \
	"[('SAM', 7, None), ('SECURITY', None, 9)] {0}" "$(json '
"%s %s" % ([(r["kind"], r["exit_status"], r["signal"]) for r in rows
    if r.get("exit_status") or r.get("signal")],
   {r["exit_status"] for r in rows if "kind" in r and not r["not_run"] and
    r["kind"] not in ("SAM", "SECURITY")})')"
equal "--json: what was not run, and why" "$empty empty" "$(json '
"%d %s" % (len([r for r in rows if r.get("not_run")]),
           " ".join({r["not_run"] for r in rows if r.get("not_run")}))')"
equal "--json: null where nothing ran" "{(None, None, None, None)}" "$(json '
{(r["handed_over"], r["exit_status"], r["signal"], r["output"])
 for r in rows if r.get("not_run")}')"
has "$err" "--json: the words stay" "SAM: sh ended with status 7"
run 0 "--json --as-found" exec -q --json --as-found "$img" -- sha256sum {}
equal "--json --as-found: the hash is that of the hive" "True dirty" "$(json '
"%s %s" % ([l.split()[0] for l in open("'"$err"'")] ==
           [r["sha256"] for r in rows if r.get("not_run", 1) is None],
    " ".join({r["handed_over"] for r in rows if r.get("state") == "replayed"}))')"
run 0 "--json --out" exec -q --json --out "$tmp/j" "$img" -- sha256sum {}
check "--json --out: nothing on stderr" test ! -s "$err"
equal "--json --out: where each output is" "$usable" "$(json '
sum(len(open("'"$tmp"'/j/" + r["output"]).read().split()[0]) == 64
    for r in rows if r.get("output"))')"
run 1 "--json: no hive" exec --json --user nobody "$img" -- true
equal "--json: no hive: coverage alone" "['coverage']" "$(json '
[r["type"] for r in rows]')"
run 1 "--json: no such command" exec --json "$img" -- "$tmp/nothing"
equal "--json: no such command: told of the first one" \
	"[True, False]" "$(json '
["No such file" in r.get("not_run", "") for r in rows]')"
run 2 "--json: a budget" exec --json --timeout 4 --path '*config/SAM' "$img" \
	-- sleep 60
equal "--json: a budget: told" "True time budget reached" "$(json '
"%s %s" % (all(r["not_run"] == "stopped" for r in rows if "kind" in r),
           rows[-1]["coverage"]["not_searched"][-1]["reason"])')"
if [ -c /dev/full ]; then
	"$HIVELIFT" exec -q --json "$img" -- sh -c "echo x >>$tmp/runs" \
		>/dev/full 2>"$err"
	equal "--json: it cannot be written: status" $? 1
	equal "--json: it cannot be written: no more is run" \
		"$(wc -l <"$tmp/runs")" 1
else
	skip "no /dev/full"
fi

# ---- stopped ----
python3 - "$HIVELIFT" "$img" >"$out" 2>"$err" <<'PY'
import os, signal, subprocess, sys, time

def alive(pid):
    try:
        return open('/proc/%d/stat' % pid).read().split()[2] != 'Z'
    except OSError:
        return False

def gone(pids): # what was killed takes a moment to die
    end = time.monotonic() + 120
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.1)

if not os.path.exists('/proc/self/stat'):
    alive = lambda pid: subprocess.call(['kill', '-0', str(pid)]) == 0
script = 'trap "" INT TERM; sleep 300 & echo $! $$ $PPID; wait; sleep 300'
for name in ('INT', 'TERM', 'KILL'):
    p = subprocess.Popen([sys.argv[1], 'exec', '-q', sys.argv[2], '--',
                          'sh', '-c', script], stdout=subprocess.PIPE)
    pids = [int(n) for n in p.stdout.readline().split()]
    p.send_signal(getattr(signal, 'SIG' + name))
    rc = p.wait(timeout=600)
    gone(pids)
    print(name, rc, [pid for pid in pids if alive(pid)])
# Ctrl-C on a terminal, which sends it to a whole process group
import pty
pid, tty = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], 'exec', '-q', sys.argv[2], '--',
                           'sh', '-c', script])
text = b''
while not text.endswith(b'\n'):
    text += os.read(tty, 100)
pids = [int(n) for n in text.split()]
os.write(tty, b'\x03')
rc = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
gone(pids)
print('terminal', rc, [pid for pid in pids if alive(pid)])
p = subprocess.Popen([sys.argv[1], 'exec', '-q', '--timeout', '4',
                      sys.argv[2], '--', 'sleep', '300'])
print('timeout', p.wait(timeout=600))
PY
printf '%s\n' 'INT 1 []' 'TERM 1 []' 'KILL -9 []' 'terminal 1 []' \
	'timeout 2' >"$tmp/want"
check "stopped: all that ran is gone" cmp "$out" "$tmp/want"

# ---- where there are no files in memory ----
cat >"$tmp/shim.c" <<'C'
#include <errno.h>
int memfd_create(const char *name, unsigned flags);
int memfd_create(const char *name, unsigned flags)
{
	(void)name;
	(void)flags;
	errno = ENOSYS;
	return -1;
}
C
mkdir "$tmp/t"
if [ "$(uname -s)" != Linux ]; then
	echo "# temporary files are the only way here"
	shim=
elif ${CC:-cc} -shared -fPIC -o "$tmp/shim.so" "$tmp/shim.c" 2>/dev/null; then
	shim=$tmp/shim.so
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
	export ASAN_OPTIONS
fi
if [ -n "${shim+x}" ]; then
	temp() { TMPDIR=$tmp/t LD_PRELOAD=$shim "$HIVELIFT" "$@"; }
	temp exec -q --kind SAM --kind SYSTEM "$img" -- sh -c \
		'echo {}; stat -c %a {}; head -c 4 {}; echo' >"$out" 2>"$err"
	equal "temporary file: status" $? 0
	equal "temporary file: where, private, whole" \
		"$(sed 's|hivelift-......$|@|' "$out" | tr '\n' ' ')" \
		"$tmp/t/@ 600 regf $tmp/t/@ 600 regf "
	equal "temporary file: removed" "$(ls "$tmp/t")" ""
	temp exec -q "$img" --kind SAM -- sh -c 'rm {}; kill -9 $$' 2>"$err"
	equal "temporary file: of a child that dies" "$(ls "$tmp/t")" ""
	TMPDIR=$tmp/t LD_PRELOAD=$shim python3 - "$HIVELIFT" "$img" <<'PY'
import os, signal, subprocess, sys, time
for sig in (signal.SIGINT, signal.SIGKILL):
    p = subprocess.Popen([sys.argv[1], 'exec', '-q', sys.argv[2], '--',
                          'sh', '-c', 'echo; sleep 300'],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    p.stdout.readline()
    p.send_signal(sig)
    p.wait(timeout=600)
    end = time.monotonic() + 120
    while os.listdir(os.environ['TMPDIR']) and time.monotonic() < end:
        time.sleep(0.1)
PY
	equal "temporary file: removed when it is stopped or killed" \
		"$(ls "$tmp/t")" ""
else
	skip "no compiler for a memfd that fails"
fi

# ---- the helper has seen nothing ----
# A word that only the volume holds is in the memory of who reads it, and not
# in that of who starts the children.
if need mkfs.fat mcopy && [ -r /proc/self/mem ]; then
	fatimg=$tmp/fat.img
	truncate -s 4M "$fatimg"
	mkfs.fat -n QXMARKZ77 "$fatimg" >/dev/null
	MTOOLS_SKIP_CHECK=1
	export MTOOLS_SKIP_CHECK
	mmd -i "$fatimg" ::/Windows ::/Windows/System32 \
		::/Windows/System32/config
	"$HIVELIFT" cat -q "$img" 3:/Windows/System32/config/SYSTEM \
		>"$tmp/SYSTEM"
	mcopy -i "$fatimg" "$tmp/SYSTEM" ::/Windows/System32/config/SYSTEM
	cat >"$tmp/look.py" <<'PY'
import sys
def holds(pid, word):
    with open('/proc/%d/mem' % pid, 'rb', 0) as mem:
        for line in open('/proc/%d/maps' % pid):
            a, mode = line.split()[:2]
            a, b = (int(x, 16) for x in a.split('-'))
            if 'w' not in mode or b - a > 1 << 30:
                continue
            try:
                mem.seek(a)
                if word in mem.read(b - a):
                    return True
            except OSError:
                pass
    return False
helper = int(sys.argv[1])
stat = open('/proc/%d/stat' % helper).read().rsplit(')', 1)[1]
reader = int(stat.split()[1])
word = b'QXMARK' + b'Z77'
try:
    print('reader', holds(reader, word), 'helper', holds(helper, word))
except PermissionError:
    print('forbidden')
PY
	run 0 "the helper's memory" exec --as-found -q "$fatimg" -- \
		sh -c "exec python3 '$tmp/look.py' \$PPID"
	case $HIVELIFT in
	*san*) lacks "$out" "the helper was forked before" "helper True" ;;
	*)	if grep -q forbidden "$out"; then
			skip "no look into other processes here"
		else
			equal "the helper was forked before anything was read" \
				"$(cat "$out")" "reader True helper False"
		fi ;;
	esac
	# many, and a large one
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		mmd -i "$fatimg" "::/Users" "::/Users/u $i" 2>/dev/null
		mcopy -i "$fatimg" "$tmp/SYSTEM" "::/Users/u $i/NTUSER.DAT"
	done
	run 0 "sixteen" exec -q --as-found --out "$tmp/many" "$fatimg" -- \
		sha256sum {}
	equal "sixteen: all" "$(cat "$tmp"/many/* | cut -c 1-64 | sort -u | wc -l
		)/$(find "$tmp/many" -type f | wc -l)" "1/16"
	check "sixteen: no blank in a name" test -e \
		"$tmp/many/v1_u%2010_NTUSER.DAT.txt"
	big=$tmp/big.img
	truncate -s 400M "$big"
	mkfs.fat -F 32 "$big" >/dev/null
	mmd -i "$big" ::/Windows ::/Windows/System32 \
		::/Windows/System32/config
	truncate -s 300M "$tmp/SYSTEM"
	mcopy -i "$big" "$tmp/SYSTEM" ::/Windows/System32/config/SYSTEM
	"$HIVELIFT" exec -q --as-found "$big" -- sh -c \
		'stat -L -c "%s %b" {}; sha256sum <{}' >"$out" 2>"$err"
	equal "huge: whole" "$(sed -n 2p "$out" | cut -c 1-64)" \
		"$(sha <"$tmp/SYSTEM")"
	# blocks of 512; the kernel may give pages of 2 MiB
	check "huge: zeros take no memory" \
		test "$(sed -n 1p "$out" | cut -d ' ' -f 2)" -lt 32768
	run 2 "--max-file-size" exec --as-found --max-file-size 1M "$big" -- \
		echo ran
	has "$err" "--max-file-size: said" "larger than --max-file-size"
fi
finish
