#!/bin/sh
# terminal.sh: colours, NO_COLOR and progress on a real terminal.
. "$(dirname "$0")/lib.sh"

need mkfs.fat mcopy python3 || finish
fat "$tmp/fat.img" 4 || finish
tty() { # PREFIX... -- runs the rest on a pseudo terminal
	python3 - "$@" >"$out" 2>"$err" <<'PY'
import os, pty, sys
def read(fd):
    return os.read(fd, 65536)
os.environ['TERM'] = 'xterm'
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], read)))
PY
}
tty "$HIVELIFT" info "$tmp/fat.img"
has "$out" "a terminal: the head is bold" "$(printf '\033[1m')"
NO_COLOR=1 tty env NO_COLOR=1 "$HIVELIFT" info "$tmp/fat.img"
lacks "$out" "NO_COLOR is honoured" "$(printf '\033[')"
tty env TERM=dumb "$HIVELIFT" info "$tmp/fat.img"
lacks "$out" "a dumb terminal gets no colours" "$(printf '\033[')"
tty "$HIVELIFT" cat "$tmp/fat.img" /Folder/random.bin
check "cat adds nothing" test "$(tr -d '\r' <"$out" | wc -c)" -gt 60000
finish
