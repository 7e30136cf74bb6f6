"""YAML 1.2 scalars, places, caps: what text becomes before anything knows what it is for."""

import math
from pathlib import Path

import pytest
import yaml

from nncli.config import compose, nodes
from nncli.config.nodes import MAX_DEPTH, parse
from nncli.config.scalars import TAG, teach_scalars
from nncli.config.source_text import MAX_BYTES, printable, read_text
from nncli.errors import ConfigError


def read(text):
    """Plain values of a YAML text."""

    def plain(node):
        if isinstance(node.value, dict):
            return {key: plain(child) for key, child in node.value.items()}
        if isinstance(node.value, list):
            return [plain(child) for child in node.value]
        return node.value

    return plain(parse(text, "c.yaml"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-0.5", -0.5),
        ("+7", 7),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("2024-01-31", "2024-01-31"),
        ("0b11", "0b11"),
        ("-0x10", "-0x10"),
        ("1e", "1e"),
        ("e5", "e5"),
        (".", "."),
        ("-", [None]),
        ("~", None),
        ("null", None),
        ("", None),
        ("nil", "nil"),
        ("=", "="),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("'1e-3'", "1e-3"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("!!float 5", 5.0),
        ("1 2", "1 2"),
        ("größe", "größe"),
        ("\N{GRINNING FACE}", "\N{GRINNING FACE}"),
    ],
)
def test_scalars_follow_yaml_1_2(text, value):
    found = read(text)
    assert found == value
    assert type(found) is type(value)


def test_a_loader_that_was_taught_resolves_the_core_schema_alone():
    class Loader(yaml.SafeLoader):
        pass

    teach_scalars(Loader)
    text = "a: ~\nb:\nc: true\nd: 010\ne: 1e3\nf: no\ng: 2024-01-31\nh: =\n"
    tags = [value.tag.removeprefix(TAG) for _, value in yaml.compose(text, Loader).value]
    assert tags == ["null", "null", "bool", "int", "float", "str", "str", "str"]


def test_nan_is_a_number():
    assert math.isnan(read(".nan"))


def test_keys_that_older_yaml_reads_as_booleans_are_text():
    assert read("{on: 1, no: 2, y: 3}") == {"on": 1, "no": 2, "y": 3}


def test_every_value_and_key_knows_its_line_and_column():
    root = parse("a: 1\nb:\n  - x\n  - {c: [2, 3]}\n", "c.yaml")
    block = root.value["b"].value[1]
    assert root.where == "c.yaml:1:1"
    assert root.place_of("b") == "c.yaml:2:1"
    assert root.value["b"].where == "c.yaml:3:3"
    assert block.where == "c.yaml:4:5"
    assert block.place_of("c") == "c.yaml:4:6"
    assert block.value["c"].value[1].where == "c.yaml:4:13"
    assert block.place_of("absent") == "c.yaml:4:5"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_count_lines_whatever_ends_them(end):
    root = parse(end.join(["# comment", "", "a: 'x", "  y'", "b: 2"]), "c.yaml")
    assert root.value["b"].where == "c.yaml:5:4"
    assert root.value["a"].value == "x y"


def test_columns_count_characters_not_bytes():
    assert parse("{größe: 1, b: 2}", "c.yaml").value["b"].where == "c.yaml:1:15"


def test_an_aliased_value_stands_where_it_is_written():
    root = parse("a: &x [1]\nb: *x\n", "c.yaml")
    assert root.value["b"].where == "c.yaml:1:4"
    assert read("a: &x [1]\nb: *x\n") == {"a": [1], "b": [1]}


def test_without_lines_every_place_is_the_source():
    root = parse("{a: [1]}", "--set x={a: [1]}", has_lines=False)
    assert root.value["a"].value[0].where == "--set x={a: [1]}"


def test_empty_text_is_a_null_node():
    assert parse("# nothing\n", "c.yaml").value is None


def problems_of(text):
    with pytest.raises(ConfigError) as caught:
        parse(text, "c.yaml")
    return caught.value.lines()


def test_problems_of_form_are_reported_together():
    assert problems_of("a: 1\na: 2\n3: x\nb: !mine 4\n<<: {}\n") == [
        "c.yaml:2:1: a: the key is given twice; the first is on line 1",
        "c.yaml:3:1: expected a key of text, found 3 (quoted it is text)",
        "c.yaml:4:4: b: YAML tags are refused, found !mine",
        "c.yaml:5:1: <<: merge keys aren't YAML 1.2: write the keys out",
    ]


@pytest.mark.parametrize("tag", ["!mine", "!!python/none", "!<tag:example.com,2000:mine>"])
@pytest.mark.parametrize("value", ["4", "[4]", "{b: 4}"])
def test_a_tag_is_refused_as_it_was_written(tag, value):
    assert problems_of(f"a: {tag} {value}") == [
        f"c.yaml:1:4: a: YAML tags are refused, found {tag}"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("~: 1", "1:1: expected a key before the ':', found nothing"),
        ("a: &x 1\nb: &x 2", "2:4: a second anchor &x: give it another name"),
        ("a: & b", "1:5: a name has to follow '*' or '&': put quotes around the text"),
        ("a: * b", "1:5: a name has to follow '*' or '&': put quotes around the text"),
        (f"a: 0.{'1' * 500}", "1:4: a: a number of 502 digits, which no key takes"),
        (f"a: {'1' * 500}", "1:4: a: a number of 500 digits, which no key takes"),
        # what we have no words for is said in the parser's own
        ("%YAML 1.1\n%YAML 1.1\n---\na: 1", "2:1: not YAML: found duplicate YAML directive"),
        ("a: !<x", "1:7: not YAML: while parsing a tag: expected '>', but found '\\x00'"),
    ],
)
def test_a_problem_is_told_with_its_place(text, problem):
    assert problems_of(text) == [f"c.yaml:{problem}"]


def test_a_key_given_twice_in_an_option_has_no_line_to_name():
    with pytest.raises(ConfigError) as caught:
        parse("{a: 1, a: 2}", "--set x={a: 1, a: 2}", has_lines=False)
    assert caught.value.lines() == ["--set x={a: 1, a: 2}: a: the key is given twice"]


def test_depth_is_capped_exactly():
    fits = "[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1)
    assert read(fits)
    assert problems_of(f"[{fits}]") == [f"c.yaml:1:{MAX_DEPTH + 1}: nested deeper than 32 levels"]


@pytest.mark.parametrize(
    "text",
    ["a\0b", "a\x07b", "\x7f", "a\ud800b", "\ufffe"],
)
def test_characters_that_yaml_has_not_are_refused_with_their_place(text):
    (line,) = problems_of(f"ok: 1\nname: {text}")
    assert line.startswith("c.yaml:2:")
    assert "can't stand in YAML" in line


def test_a_refused_character_is_located_by_line_and_column():
    assert problems_of("\nname: \x07") == ["c.yaml:2:7: the character U+0007 can't stand in YAML"]


@pytest.mark.parametrize("escape", [r"\U00110000", r"\UFFFFFFFF", r"\ud800", r"\0", r"\xZZ"])
def test_escapes_of_no_character_are_refused(escape):
    (line,) = problems_of(f'name: "{escape}"')
    assert line.startswith("c.yaml:1:")


def test_printable_text_is_one_short_line():
    assert printable("a\nb\x1b\u2028\ud800\N{SNOWMAN}") == r"a\nb\x1b\u2028\ud800" + "\N{SNOWMAN}"
    assert printable("x" * 100) == "x" * 57 + "..."


def test_a_path_that_no_file_can_have_is_refused():
    with pytest.raises(ConfigError, match="not a possible file name"):
        read_text(Path("c\0.yaml"))


def test_file_of_the_greatest_size_is_read(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes(b"#" * MAX_BYTES)
    assert len(read_text(path)) == MAX_BYTES
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        read_text(path)


def test_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert [*parse(read_text(path), "c.yaml").value] == ["a"]


def test_values_are_counted_exactly(monkeypatch):
    for module in (compose, nodes):
        monkeypatch.setattr(
            module, "MAX_NODES", 6
        )  # the block, the key, the list and what is in it
    parse("a: [1, 2, 3]\n", "c.yaml")
    assert problems_of("a: [1, 2, 3, 4]\n") == ["c.yaml:1:14: more than 6 keys and values"]
