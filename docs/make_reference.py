"""Write docs/reference.md, the keys of a config, and docs/parts.md, from the code.

`python docs/make_reference.py` rewrites both; with --check it only says whether they are current.
"""

import dataclasses
import inspect
import sys
from pathlib import Path
from typing import TypeGuard, get_args, get_origin

from nncli.config.experiment import Experiment
from nncli.config.hints import alternatives, hints_of, is_family, spec
from nncli.config.reference import keys_of
from nncli.registry import MODULES, aliases_of, members

ROOT = Path(__file__).parent.parent


def is_block(hint: object) -> TypeGuard[type]:
    """Whether a type is a dataclass."""
    return isinstance(hint, type) and dataclasses.is_dataclass(hint)


def blocks(cls: type, path: str) -> list[tuple[str, type]]:
    """The plain blocks of a config (not its parts), each with its dotted path, outermost first."""
    found = [(path, cls)]
    for name, hint in hints_of(cls).items():
        for option in alternatives(hint):
            base = spec(option).base
            if get_origin(base) is dict:  # blocks under names of the user's own
                values = [spec(each).base for each in alternatives(get_args(base)[1])]
                inner = [each for each in values if is_block(each)]
                found += [(f"{path}.{name}.NAME".lstrip("."), each) for each in inner]
            if is_block(base) and not is_family(base):
                found += blocks(base, f"{path}.{name}".lstrip("."))
    return found


def table(cls: type) -> list[str]:
    """The keys of a block as a markdown table."""
    lines = ["| key | default | what it may be | meaning |", "|---|---|---|---|"]
    for key in keys_of(cls):
        default = "*required*" if key.default is None else f"`{key.default}`"
        lines.append(f"| `{key.name}` | {default} | {key.expects} | {key.meaning} |")
    return [line.replace("<", "&lt;").replace(" | |", " |  |") for line in lines]


def reference_page() -> str:
    """Every block of a config."""
    parts = [
        "# Config reference",
        "",
        "One file is one experiment; unknown keys are errors; paths are relative to the config's",
        "folder, but `output.dir`, which is relative to where you work. Parts (a layer, a loss, an",
        "optimizer ...), their formulas and keys, are in [parts](parts.md) and `nncli list`. Made",
        "from the code by `docs/make_reference.py`.",
        "",
    ]
    for path, cls in blocks(Experiment, ""):
        title = f"`{path}`" if path else "The whole file"
        parts += [f"## {title}", "", inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0], ""]
        parts += [*table(cls), ""]
    return "\n".join(parts).rstrip() + "\n"


def part_pages() -> str:
    """Every part, by kind."""
    lines = [
        "# Parts",
        "",
        "Everything a config can name, as `nncli list KIND` shows it. A part without required keys",
        "may be written as its bare name, any part as a block with its `type`. Made from the code",
        "by `docs/make_reference.py`.",
    ]
    for kind in MODULES:
        lines += ["", f"## {kind}", ""]
        for cls in members(kind).values():
            also = f" (also {', '.join(aliases_of(cls))})" if aliases_of(cls) else ""
            text = inspect.cleandoc(cls.__doc__ or "")
            lines += [f"### {cls.name}{also}", "", "```text", text, "```", ""]
            if keys_of(cls):
                lines += [*table(cls), ""]
    return "\n".join(lines).rstrip() + "\n"


def pages() -> dict[Path, str]:
    """What each file should hold."""
    return {
        ROOT / "docs" / "reference.md": reference_page(),
        ROOT / "docs" / "parts.md": part_pages(),
    }


def main() -> int:
    stale = [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.write_text(pages()[path], encoding="utf-8")
    return int("--check" in sys.argv and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
