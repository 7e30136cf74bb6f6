"""Read a table by pandas.read_csv; the growth of the peak of memory, in bytes, is printed."""

import sys
from pathlib import Path

import pandas


def status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


before = status("VmRSS")
pandas.read_csv(sys.argv[1])
print(status("VmHWM") - before)
