#!/bin/sh
# stop.sh: signals, the time budget, progress; nothing half-written stays.
. "$(dirname "$0")/lib.sh"

need mkfs.fat mcopy python3 || finish
# a file that takes longer than to see that it is begun
img=$tmp/big.img
truncate -s 2G "$img"
mkfs.fat -F 32 -s 32 "$img" >/dev/null
truncate -s 1G "$tmp/file"
check "the image is made" env MTOOLS_SKIP_CHECK=1 mcopy -i "$img" "$tmp/file" \
	::/big.bin

# begun.py FOLDER COMMAND...: p is running, and something is written
cat >"$tmp/begun.py" <<'PY'
import os, subprocess, time

def size(path):
    try:
        return os.path.getsize(path)
    except OSError: # it has another name by now
        return 0

def begin(folder, command, **more):
    p = subprocess.Popen(command, **more)
    while p.poll() is None and not any(
            size(os.path.join(d, f))
            for d, _, files in os.walk(folder) for f in files):
        time.sleep(0.002)
    return p
PY

for sig in INT TERM; do
	# a background job of sh ignores INT; Python does not
	PYTHONPATH=$tmp python3 - "$sig" "$tmp/o" "$HIVELIFT" extract "$img" \
		-o "$tmp/o" /big.bin >"$out" 2>"$err" <<'PY'
import signal, subprocess, sys
from begun import begin
p = begin(sys.argv[2], sys.argv[3:], stderr=subprocess.PIPE)
p.send_signal(getattr(signal, 'SIG' + sys.argv[1]))
_, said = p.communicate(timeout=600)
print(p.returncode)
sys.stderr.buffer.write(said)
PY
	equal "SIG$sig: status" "$(cat "$out")" 1
	has "$err" "SIG$sig: said" "stopped by a signal"
	check "SIG$sig: nothing left" test ! -e "$tmp/o"
	rm -rf "$tmp/o"
done

# at any moment: all of it and status 0, or nothing and status 1
if fat "$tmp/small.img" 4; then
	python3 - "$tmp/moments" "$HIVELIFT" extract "$tmp/small.img" \
		-o "$tmp/moments" / >"$out" 2>&1 <<'PY'
import os, shutil, signal, subprocess, sys, time
folder, command = sys.argv[1], sys.argv[2:]
quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
start = time.time()
subprocess.run(command, **quiet)
span = time.time() - start
bad = 0
for i in range(40):
    shutil.rmtree(folder, ignore_errors=True)
    p = subprocess.Popen(command, **quiet)
    time.sleep(span * i / 38)
    p.send_signal(signal.SIGINT)
    status = p.wait(timeout=600)
    whole = os.path.exists(folder + '/SHA256SUMS')
    left = os.path.exists(folder) and not whole
    # before the program has begun, Python's child dies of the signal
    fine = status == 0 if whole else status in (1, -signal.SIGINT)
    if left or not fine:
        bad += 1
        print('moment', i, 'status', status, 'whole', whole, 'left', left)
print(bad, 'bad')
PY
	equal "SIGINT at 40 moments" "$(cat "$out")" "0 bad"
fi

# begun, then held up by its reader until the time is over
"$HIVELIFT" cat --timeout 1 "$img" /big.bin 2>"$err" |
	{ head -c 100000 >/dev/null; sleep 3; wc -c >"$tmp/rest"; }
has "$err" "--timeout: said" "time budget reached"
check "--timeout: it ends" test "$(cat "$tmp/rest")" -lt 100000000

# the rest is told alike on stdout and in the manifest, and kept files stay;
# however fast it is, it is stopped until the time is over
PYTHONPATH=$tmp python3 - "$tmp/t" "$HIVELIFT" extract --json --timeout 1 \
	"$img" -o "$tmp/t" /big.bin >"$out" 2>"$err" <<'PY'
import signal, sys, time
from begun import begin
p = begin(sys.argv[1], sys.argv[2:])
p.send_signal(signal.SIGSTOP)
time.sleep(1.2)
p.send_signal(signal.SIGCONT)
sys.exit(p.wait(timeout=600))
PY
equal "extract --timeout: status" $? 2
equal "extract --timeout: coverage in JSON" \
	"$(json '[u["reason"] for u in rows[-1]["coverage"]["not_searched"] if u["what"] == "rest"]')" \
	"['time budget reached']"
equal "extract --timeout: the manifest agrees" \
	"$(json 'json.load(open("'"$tmp/t"'/manifest.json"))["coverage"] == rows[-1]["coverage"]')" True

"$HIVELIFT" cat --progress "$img" /big.bin 2>"$err" |
	{ head -c 100000 >/dev/null; sleep 3; head -c 100000000 >/dev/null; }
has "$err" "--progress: bytes and rate" "/s"
"$HIVELIFT" cat "$img" /big.bin 2>"$err" | head -c 100000000 >/dev/null
lacks "$err" "no progress where stderr is no terminal" "/s"
finish
