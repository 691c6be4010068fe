#!/bin/sh
# stop.sh: signals, the time budget, progress; nothing half-written stays.
. "$(dirname "$0")/lib.sh"

need mkfs.fat mcopy python3 || finish
# a file that takes a while: many gigabytes of holes do not read quickly
img=$tmp/big.img
truncate -s 3G "$img"
mkfs.fat -F 32 -s 64 "$img" >/dev/null
python3 - "$tmp/file" <<'PY'
import sys
open(sys.argv[1], 'wb').truncate(2 << 30)
PY
MTOOLS_SKIP_CHECK=1 mcopy -i "$img" "$tmp/file" ::/big.bin || finish

for sig in INT TERM; do
	# a background job of sh ignores INT; Python does not
	python3 - "$sig" "$HIVELIFT" extract "$img" -o "$tmp/o" /big.bin \
		>"$out" 2>"$err" <<'PY'
import signal, subprocess, sys, time
p = subprocess.Popen(sys.argv[2:], stderr=subprocess.PIPE)
time.sleep(0.5)
p.send_signal(getattr(signal, 'SIG' + sys.argv[1]))
_, said = p.communicate(timeout=60)
print(p.returncode)
sys.stderr.buffer.write(said)
PY
	equal "SIG$sig: status" "$(cat "$out")" 1
	has "$err" "SIG$sig: said" "stopped by a signal"
	check "SIG$sig: nothing left" test ! -e "$tmp/o"
	rm -rf "$tmp/o"
done

start=$(date +%s)
"$HIVELIFT" cat --timeout 1 "$img" /big.bin 2>"$err" |
	{ head -c 100000 >/dev/null; sleep 3; cat >/dev/null; }
has "$err" "--timeout: said" "time budget reached"
check "--timeout: it ends" test $(($(date +%s) - start)) -lt 20

# the rest is told alike on stdout and in the manifest, and kept files stay
run 2 "extract --timeout" extract --json --timeout 1 "$img" -o "$tmp/t" /big.bin
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
