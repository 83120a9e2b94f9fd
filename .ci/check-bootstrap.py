"""Checks that an executable can run on Lambda: check-bootstrap.py ARCHITECTURE MAX_BYTES FILE...

An ELF file for the architecture (arm64, x86_64), without an interpreter (so static) and without a symbol table, smaller
than MAX_BYTES. Prints one line a file; exits 1 when one does not comply.
"""

import os
import struct
import sys

MACHINES = {"arm64": 183, "x86_64": 62}
PT_INTERP, SHT_SYMTAB = 3, 2


def faults(path, architecture, max_bytes):
    with open(path, "rb") as f:
        data = f.read()
    if data[:6] != b"\x7fELF\x02\x01":
        return ["not a 64-bit little-endian ELF file"]
    found = []
    (machine,) = struct.unpack_from("<H", data, 18)
    if machine != MACHINES[architecture]:
        found.append(f"ELF machine {machine}, {architecture} is {MACHINES[architecture]}")
    ph_at, sh_at = struct.unpack_from("<QQ", data, 32)
    ph_size, ph_count, sh_size, sh_count = struct.unpack_from("<HHHH", data, 54)
    if any(struct.unpack_from("<I", data, ph_at + i * ph_size)[0] == PT_INTERP for i in range(ph_count)):
        found.append("dynamically linked: Amazon Linux may not have its libraries")
    if any(struct.unpack_from("<I", data, sh_at + i * sh_size + 4)[0] == SHT_SYMTAB for i in range(sh_count)):
        found.append("has a symbol table: built without -ldflags '-s -w'")
    if len(data) >= max_bytes:
        found.append(f"not smaller than {max_bytes:,} bytes")
    if not os.access(path, os.X_OK):
        found.append("not executable")
    return found


def main():
    architecture, max_bytes, paths = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    failed = not paths
    for path in paths:
        found = faults(path, architecture, max_bytes)
        name = os.path.join(os.path.basename(os.path.dirname(path)), os.path.basename(path))
        print(f"{name:40} {architecture:7} {os.path.getsize(path):>11,} bytes  {'; '.join(found) or 'static, stripped'}")
        failed = failed or bool(found)
    sys.exit(failed)


main()
