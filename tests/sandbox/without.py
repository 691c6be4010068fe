"""without.py landlock|seccomp|both CMD ARG...: run it as a container does
that refuses those: the calls fail, with ENOSYS and with EPERM."""
import ctypes
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LD, JEQ, RET = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7fff0000, 0x00050000
ENOSYS, EPERM = 38, 1
LANDLOCK_CREATE, SECCOMP, PRCTL = 444, 317, 157

what = sys.argv[1]
program = [(LD, 0, 0, 0)]                   # the call's number
if what != "seccomp":
    program += [(JEQ, 0, 1, LANDLOCK_CREATE), (RET, 0, 0, ERRNO | ENOSYS)]
if what != "landlock":
    program += [
        (JEQ, 0, 1, SECCOMP), (RET, 0, 0, ERRNO | EPERM),
        (JEQ, 0, 3, PRCTL),
        (LD, 0, 0, 16),                     # its first argument
        (JEQ, 0, 1, PR_SET_SECCOMP), (RET, 0, 0, ERRNO | EPERM),
    ]
program += [(RET, 0, 0, ALLOW)]
code = b"".join(struct.pack("HBBI", *i) for i in program)
array = ctypes.create_string_buffer(code)


class Fprog(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


libc = ctypes.CDLL(None, use_errno=True)
fprog = Fprog(len(program), ctypes.addressof(array))
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(fprog), 0, 0):
    sys.exit("without.py: " + os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[2], sys.argv[2:])
