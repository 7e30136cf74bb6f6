"""Gather the website's pages in build/site: docs/, and what lies in the root beside it.

`make site` calls it, and then the generator. Links are turned to where the pages lie there.
"""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "build" / "site"
NOT_PAGES = shutil.ignore_patterns("*.py", "site.yml", "site.lock", "__pycache__")
FROM_ROOT = {
    "README.md": "index.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "licence.md",
}


def gather() -> None:
    """Make the folder anew: pages, pictures and the generator's settings."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    pages = SOURCE / "pages"
    shutil.copytree(ROOT / "docs", pages, ignore=NOT_PAGES)
    shutil.copy(ROOT / "docs" / "site.yml", SOURCE / "mkdocs.yml")
    for name, place in FROM_ROOT.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        (pages / place).write_text(text if name != "LICENSE" else as_page(text), encoding="utf-8")
    for page in pages.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(without_code_links(turned(text), page), encoding="utf-8")


def as_page(text: str) -> str:
    return f"# Licence\n\n```text\n{text}```\n"


def turned(text: str) -> str:
    """Links that led into docs/, or out of it, lead to the page beside.

    >>> turned("[a](docs/tables.md) [b](../SECURITY.md#limits) [c](https://docs/x)")
    '[a](tables.md) [b](security.md#limits) [c](https://docs/x)'
    """
    text = text.replace("](docs/", "](")
    for name, place in FROM_ROOT.items():
        from_page = rf"\]\((?:\.\./)?((?:\.\./)*){re.escape(name)}(?=[#)])"
        text = re.sub(from_page, rf"](\g<1>{place}", text)
    return text


def without_code_links(text: str, page: Path) -> str:
    """Links to files that are no pages, such as an example's, are words here."""

    def kept(found: re.Match[str]) -> str:
        name = found[2].partition("#")[0]
        is_page = not name or ":" in name or (page.parent / name).is_file()
        return found[0] if is_page else found[1]

    return re.sub(r"(?<!!)\[([^]]*)\]\(([^)\s]+)\)", kept, text)


if __name__ == "__main__":
    gather()
