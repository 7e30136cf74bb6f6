"""Fingerprints: fingerprints.csv has a CRC-32 of every tensor at each logged epoch.

They show at which epoch and in which tensor two runs begin to differ, for microseconds per epoch.
The manifest has the SHA-256 of the kept weights.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

from nncli.engine.layout import Layout
from nncli.errors import CorruptRun
from nncli.parts.arrays import Array


class Fingerprints:
    """The log's lines in memory; `text` is the file."""

    def __init__(self, layout: Layout, theta: Array, lines: Sequence[str] = ()) -> None:
        """theta: the parameter vector, updated in place.  lines: of the file so far, if any."""
        tensors = layout.views(theta)
        self.tensors = [tensor.reshape(-1).data for tensor in tensors.values()]
        self.columns = ["epoch", *tensors]
        self.lines = list(lines) or [",".join(self.columns) + "\n"]
        self.form = "%d" + ",%08x" * len(tensors) + "\n"

    def line(self, epoch: int) -> str:
        """The line of an epoch, from the current tensors."""
        return self.form % (epoch, *map(crc32, self.tensors))

    def append(self, epoch: int) -> None:
        """Add a line for the current tensors."""
        self.lines.append(self.line(epoch))

    def text(self) -> bytes:
        return "".join(self.lines).encode()


def read_rows(content: bytes, source: Path) -> Iterator[dict[str, str]]:
    """The rows of a log: cell texts by column. Raises CorruptRun."""
    header, *lines = content.decode("utf-8", "replace").splitlines() or [""]
    names = header.split(",")
    for line in lines:
        cells = line.split(",")
        if len(cells) != len(names):
            raise CorruptRun(f"{source}: not a log: expected the columns {header}")
        yield dict(zip(names, cells, strict=True))
