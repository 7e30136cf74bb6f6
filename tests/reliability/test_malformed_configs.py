"""Configs that went wrong in every way: a valid experiment, or lines that say where it is not.

The hand-written ones, each with the lines it must give, are in tests/config/bad.
"""

import random
import re
import shutil
from pathlib import Path

import pytest
from hostile import nncli

CONFIGS = Path(__file__).parents[2] / "configs"
LINE = re.compile(r"(it\.yaml(:[1-9]\d*:[1-9]\d*)?|[\w./-]+(:(row )?\d+)?): \S.*|and [\d,]+ more")
SIGNS = "[]{}:,-'\"#&*!%|>?@`\t\0\n \xa0é\x85\u2028\ufeff~.019"
WORDS = [
    *("null", "true", ".nan", "-.inf", "1e999", "1e308", "-1", "0", "auto", "none", "type", "<<"),
    *("*a", "&a", "!!int", "!!python/name:os.system", "---", "...", "?", "-", "{}", "[]", "''"),
    *('"\\x00"', "9" * 30, "0x" + "f" * 40, "99999999999", "../../..", "/dev/zero", "~root/x.npz"),
]


@pytest.fixture(scope="module")
def seeds():
    """The shipped configs, without the numbers that only cost time."""
    texts = [path.read_text() for path in sorted(CONFIGS.glob("*.yaml"))]
    assert len(texts) > 10
    return [re.sub(r"samples: \d+", "samples: 40", text) for text in texts]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in CONFIGS.iterdir():
        if path.is_file() and path.suffix != ".yaml":
            shutil.copy(path, tmp_path)
    return tmp_path


def mutated(seeds, chance):
    """A config with one to four mistakes: of the hand, or of a file that was cut and pasted."""
    lines = chance.choice(seeds).splitlines(keepends=True)
    for _ in range(chance.randint(1, 4)):
        index = chance.randrange(len(lines))
        lines[index] = chance.choice(MISTAKES)(lines[index], chance)
        if chance.random() < 0.1:
            lines = lines[:index] or [""]
        elif chance.random() < 0.1:
            lines[index:index] = chance.choice(seeds).splitlines(keepends=True)[:3]
    return "".join(lines)


def at(line, chance):
    """A place in a line, before its end."""
    cut = chance.randrange(max(len(line), 1))
    return line[:cut], line[cut:]


def a_sign_too_many(line, chance):
    before, after = at(line, chance)
    return before + chance.choice(SIGNS) + after


def signs_too_few(line, chance):
    before, after = at(line, chance)
    return before + after[chance.randint(1, 5) :]


def another_indentation(line, chance):
    return " " * chance.randint(0, 6) + line.lstrip(" ")


def a_line_twice(line, chance):
    return line + line


def another_value(line, chance):
    key, colon, _ = line.partition(":")
    return f"{key}{colon} {chance.choice(WORDS)}\n"


def a_word_between(line, chance):
    before, after = at(line, chance)
    return before + chance.choice(WORDS) + after


def another_number(line, chance):
    return re.sub(r"\d+(\.\d+)?", lambda _: chance.choice(WORDS), line, count=1)


def letters_swapped(line, chance):
    before, after = at(line, chance)
    return before + after[1:2] + after[:1] + after[2:]


MISTAKES = [
    a_sign_too_many,
    signs_too_few,
    another_indentation,
    a_line_twice,
    another_value,
    a_word_between,
    another_number,
    letters_swapped,
]


def test_mutated_config_is_valid_or_explained(seeds, folder, amount, tried):
    chance, count, valid = random.Random(6), amount(1_000, 100_000), 0
    for number in range(count):
        text = mutated(seeds, chance)
        (folder / "it.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
        ended = nncli("validate", "it.yaml")
        if ended.code == 0:
            valid += 1
            continue
        assert ended.code == 2, (number, text, ended.err)
        ended.assert_one_line_errors()
        for line in ended.err.splitlines():
            assert LINE.fullmatch(line), (number, text, line)
    assert 0 < valid < count / 2
    tried(count, f"{valid:,} still valid, {count - valid:,} explained, nothing else")
