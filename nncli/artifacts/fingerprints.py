"""Fingerprints: fingerprints.csv, the CRC-32 of every tensor's bytes at each logged epoch.

They tell at which epoch two runs part and in which tensor, at a microsecond an epoch where a copy
of the weights would cost a file; the SHA-256 of the weights that are kept is the manifest's.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

from nncli.engine.layout import Layout
from nncli.errors import CorruptRun
from nncli.parts.arrays import Array


class Fingerprints:
    """Lines in memory; `text` is the file."""

    def __init__(self, layout: Layout, theta: Array, lines: Sequence[str] = ()) -> None:
        """theta: the vector that training moves in place.  lines: of the file so far, if any."""
        tensors = layout.views(theta)
        self.tensors = [tensor.reshape(-1).data for tensor in tensors.values()]
        self.columns = ["epoch", *tensors]
        self.lines = list(lines) or [",".join(self.columns) + "\n"]
        self.form = "%d" + ",%08x" * len(tensors) + "\n"

    def line(self, epoch: int) -> str:
        """The line of an epoch whose tensors are as they are now."""
        return self.form % (epoch, *map(crc32, self.tensors))

    def append(self, epoch: int) -> None:
        """Add the tensors as they are now."""
        self.lines.append(self.line(epoch))

    def text(self) -> bytes:
        return "".join(self.lines).encode()


def read_rows(content: bytes, source: Path) -> Iterator[dict[str, str]]:
    """The rows of a log, cells as they are written, by column. Raises CorruptRun."""
    header, *lines = content.decode("utf-8", "replace").splitlines() or [""]
    names = header.split(",")
    for line in lines:
        cells = line.split(",")
        if len(cells) != len(names):
            raise CorruptRun(f"{source}: not a log: expected the columns {header}")
        yield dict(zip(names, cells, strict=True))
