"""Read a table as nncli does; the growth of the peak of memory, in bytes, is printed."""

import sys
from pathlib import Path

from nncli.data.reading import text_files  # noqa: F401  # which is imported by need
from nncli.data.reading.table_file import TableFile


def status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


path, target = sys.argv[1:]
before = status("VmRSS")
TableFile(path=Path(path), target=(target,)).load()
print(status("VmHWM") - before)
