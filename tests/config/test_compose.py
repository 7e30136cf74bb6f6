"""Composing by libyaml: the same nodes at the same places as PyYAML's own parser, or none."""

import pytest
import yaml
from config_samples import CONFIGS, quick
from hypothesis import given
from hypothesis import strategies as st

from nncli.config.compose import Loader, composed_fast
from nncli.config.dump import plain, to_yaml
from nncli.config.load import load
from nncli.config.nodes import parse
from nncli.config.source_text import read_text

TEXTS = [read_text(path) for path in CONFIGS]
PIECES = [
    *"a1é :-?,[]{}#&*!|>'\"%@`\n\t~.\\",
    *("a: ", "b:\n", "\n  ", "\n    ", "- ", "\n- ", "\n  - ", "? ", ": ", "{a: ", "[1, ", "<<: "),
    *(
        "&a ",
        "*a",
        "|\n  ",
        "|-\n  ",
        "|+2\n",
        ">\n  ",
        "--- ",
        "---\n",
        "...",
        "!!str ",
        "%YAML 1.2",
    ),
    *("''", '""', '"\\u00e9"', '"\\n"', "'it''s'", "# |", " #", "\r\n", "\r", "\x85", "\u2028"),
    *("\ufeff", "1e-3", "null", "-.inf", "0x1F", "n: 1\n", "x: [a, b]\n"),
]
needs_libyaml = pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML has no libyaml")


def shown(node, known=None):
    """All there is to tell of a node: its place, tag and value; which one, if it is an alias."""
    known = {} if known is None else known
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = len(known)
    value = node.value
    if isinstance(node, yaml.MappingNode):
        value = [(shown(key, known), shown(item, known)) for key, item in value]
    elif isinstance(node, yaml.SequenceNode):
        value = [shown(item, known) for item in value]
    return node.id, node.tag, node.start_mark.line, node.start_mark.column, value


def check(text):
    """Whether libyaml was asked, and then that it read the same."""
    found = composed_fast(text)
    if found is not None:
        assert shown(found) == shown(Loader(text).get_single_node())
    return found is not None


@needs_libyaml
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_configs_and_what_runs_record_of_them_are_composed_alike(path):
    text = read_text(path)
    assert check(text) or not text.isascii() or "\t" in text
    assert check(to_yaml(plain(load(path)[0], str)))


@needs_libyaml
@quick(300)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_what_is_composed_of_any_pieces_is_composed_alike(text):
    check(text)


@needs_libyaml
@quick(300)
@given(st.sampled_from(TEXTS), st.data())
def test_a_config_with_pieces_put_in_is_composed_alike(text, data):
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 3))
        text = text[:place] + data.draw(st.sampled_from(PIECES)) + text[place + gone :]
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "a: {b: }\n",
        "a: é\n",
        "a: !b c\n",
        "a:\t1\n",
        "[a?]",
        "[" * 50_000,
        "a: ]",
    ],
)
def test_what_may_be_read_otherwise_is_left_to_pyyaml(text):
    assert composed_fast(text) is None


def test_without_libyaml_all_is_read_by_pyyaml(monkeypatch):
    read = [parse(text, "c.yaml") for text in TEXTS]
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert composed_fast("a: 1\n") is None
    assert [parse(text, "c.yaml") for text in TEXTS] == read
