"""Compose: YAML text -> PyYAML's nodes, by libyaml where it is sure to read it alike.

libyaml is nine times as fast. PyYAML's own parser has the messages and marks that are shown.
"""

import re
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver

from nncli.config.scalars import teach_scalars

CParser: Any = object
if yaml.__with_libyaml__:
    from yaml._yaml import CParser

MOST_DEPTH = 32
MOST_NODES = 100_000  # after every alias is written out
# of what libyaml reads otherwise than PyYAML, or may: tabs, other line breaks, directives, and
# comments that touch the mark of a block scalar
UNUSUAL = re.compile(r"[^\n -~]|^%|[|>][^\s#]*#", re.MULTILINE)


class _Bounded(Composer):
    """Composes nodes only, and not too many of them: it constructs nothing."""

    depth = nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        self.nodes += 1
        if self.depth > MOST_DEPTH or self.nodes > MOST_NODES:
            problem = f"nested deeper than {MOST_DEPTH} levels"
            if self.nodes > MOST_NODES:
                problem = f"more than {MOST_NODES:,} keys and values"
            mark = self.peek_event().start_mark  # type: ignore[attr-defined]
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class Loader(_Bounded, yaml.SafeLoader):
    """By PyYAML's own scanner and parser. Raises YAMLError, ValueError or OverflowError."""


class _FastLoader(_Bounded, Resolver, CParser):  # type: ignore[misc]
    """By libyaml's. Raises YAMLError, and for what it may read otherwise too."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        Resolver.__init__(self)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if getattr(self.peek_event(), "tag", None):
            raise yaml.YAMLError  # which is refused, and has other names
        return super().compose_node(parent, index)

    def compose_scalar_node(self, anchor: Any) -> Any:
        node = super().compose_scalar_node(anchor)
        if not node.style and (not node.value or "?" in node.value):
            raise yaml.YAMLError  # what isn't there has another mark; a ? may end a word
        return node


teach_scalars(Loader)
teach_scalars(_FastLoader)


def composed_fast(text: str) -> Any:
    """The root node; None where there is none, or `Loader` has to be asked."""
    if not yaml.__with_libyaml__ or UNUSUAL.search(text):
        return None
    try:
        return _FastLoader(text).get_single_node()
    except (yaml.YAMLError, ValueError):
        return None
