"""Compose: parses YAML into PyYAML's nodes, with libyaml where the result is sure to be the same.

libyaml is nine times as fast. The error messages and marks are those of PyYAML's own parser.
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

MAX_DEPTH = 32
MAX_NODES = 100_000  # after aliases are expanded
# what libyaml may read otherwise than PyYAML: tabs, other line breaks, directives, and comments
# right after the indicator of a block scalar
READ_DIFFERENTLY = re.compile(r"[^\n -~]|^%|[|>][^\s#]*#", re.MULTILINE)


class _Bounded(Composer):
    """Composes a limited number of nodes, and constructs nothing."""

    depth = nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH or self.nodes > MAX_NODES:
            problem = f"nested deeper than {MAX_DEPTH} levels"
            if self.nodes > MAX_NODES:
                problem = f"more than {MAX_NODES:,} keys and values"
            mark = self.peek_event().start_mark  # type: ignore[attr-defined]
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class Loader(_Bounded, yaml.SafeLoader):
    """Uses PyYAML's own parser. Raises YAMLError, ValueError or OverflowError."""


class _FastLoader(_Bounded, Resolver, CParser):  # type: ignore[misc]
    """Uses libyaml. Raises YAMLError, also for text that PyYAML might read otherwise."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        Resolver.__init__(self)

    def compose_node(self, parent: Any, index: Any) -> Any:
        if getattr(self.peek_event(), "tag", None):
            raise yaml.YAMLError  # tags are refused, and libyaml names them otherwise
        return super().compose_node(parent, index)

    def compose_scalar_node(self, anchor: Any) -> Any:
        node = super().compose_scalar_node(anchor)
        if not node.style and (not node.value or "?" in node.value):
            raise yaml.YAMLError  # empty values have other marks; a ? may end a word
        return node


teach_scalars(Loader)
teach_scalars(_FastLoader)


def composed_fast(text: str) -> Any:
    """The root node, by libyaml; None if there is none, or if `Loader` has to parse the text."""
    if not yaml.__with_libyaml__ or READ_DIFFERENTLY.search(text):
        return None
    try:
        return _FastLoader(text).get_single_node()
    except (yaml.YAMLError, ValueError):
        return None
