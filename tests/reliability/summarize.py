"""`python tests/reliability/summarize.py LINES TABLE`: what a soak tried, as a Markdown table."""

import json
import sys
from pathlib import Path


def table(lines: list[str]) -> str:
    """A row for each test that said what it tried."""
    rows = sorted((json.loads(line) for line in lines), key=lambda row: str(row["test"]))
    head = ["| test | tried | found | seconds |", "| --- | ---: | --- | ---: |"]
    body = [
        f"| {row['test'].rpartition('::')[2]} | {row['tried']:,} | {row['found']} "
        f"| {row['seconds']:,.0f} |"
        for row in rows
    ]
    return "\n".join([*head, *body]) + "\n"


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(table(source.read_text().splitlines()))
    sys.stdout.write(target.read_text())
