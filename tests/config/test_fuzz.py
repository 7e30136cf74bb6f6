"""Whatever is in the file, reading and building it raises nothing but NncliError."""

import random
import warnings
from pathlib import Path

import pytest
from config_samples import CONFIGS, instances, quick
from hypothesis import given
from hypothesis import strategies as st

from nncli.assembly.build import build
from nncli.config.dump import plain, to_yaml
from nncli.config.experiment import Experiment
from nncli.config.load import decode, load
from nncli.config.nodes import parse
from nncli.config.source_text import read_text
from nncli.errors import NncliError
from nncli.registry import members

BAD = Path(__file__).parent / "bad"
GOOD = [read_text(path) for path in CONFIGS]
SEEDS = GOOD + [path.read_text("latin-1") for path in sorted(BAD.glob("*.yaml"))]
MAX_INTEGER = (
    10_000  # of any number a built config may hold: sizes beyond that are for another test
)


def is_small(value):
    """Whether no number in plain values asks for a large array."""
    if isinstance(value, dict):
        return all(is_small(item) for key, item in value.items() if key not in ("epochs", "seed"))
    if isinstance(value, list):
        return all(map(is_small, value))
    return not isinstance(value, int) or abs(value) <= MAX_INTEGER


def attempt(path):
    """Load and, if it loads, build; the error's lines, each one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            experiment, source = load(path)
            if is_small(plain(experiment, str)):
                build(experiment, source)
    except NncliError as error:
        lines = error.lines()
        assert lines
        assert all(line.isprintable() and len(line) < 3000 for line in lines), lines
        return lines
    return []


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "fuzz.yaml"


@quick(150)
@given(content=st.binary(max_size=200))
def test_random_bytes(content, path):
    path.write_bytes(content)
    attempt(path)


@quick(200)
@given(text=st.text(st.sampled_from("ab:-[]{},&*!|>'\"%@`#?~<=\\\n\t 01.x\x85\ufeff"), max_size=60))
def test_random_yaml_signs(text, path):
    path.write_text(text, encoding="utf-8")
    attempt(path)


@st.composite
def mutated_text(draw):
    """A config with a few characters, lines or stretches changed."""
    lines = draw(st.sampled_from(SEEDS))[:3000].splitlines(keepends=True) or [""]
    rng = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(rng.randint(1, 4)):
        index = rng.randrange(len(lines))
        line, cut = lines[index], rng.randrange(len(lines[index]) + 1)
        lines[index] = rng.choice(
            [
                lambda: line[:cut] + rng.choice("[]{}:,-'\"#&*!%\t\0\n \xa0é\x85") + line[cut:],  # noqa: B023
                lambda: line[:cut] + line[cut + rng.randint(1, 5) :],  # noqa: B023
                lambda: " " * rng.randint(0, 5) + line.lstrip(),  # noqa: B023
                lambda: line + rng.choice(lines),  # noqa: B023
                lambda: line[:cut] + rng.choice(WORDS) + line[cut:],  # noqa: B023
                lambda: line.replace("1", rng.choice(WORDS)).replace(": ", ":", 1),  # noqa: B023
            ]
        )()
    return "".join(lines)


WORDS = [
    *("null", "true", ".nan", "-.inf", "1e999", "1e308", "-1", "0", "auto", "none", "type", "<<"),
    *("*a", "&a", "!!int", "---", "...", "?", "-", "{}", "[]", "''", '"\\x00"'),
    *("9" * 30, "0x" + "f" * 40),
]


@quick(200)
@given(text=mutated_text())
def test_mutated_text(text, path):
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    attempt(path)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10),
    st.sampled_from([2**31, 2**63, -(2**63), 10**30, 10**400, 1e-320, 1e308, -0.0, 1e16]),
    st.floats(),
    st.sampled_from(
        ["auto", "none", "full", "type", "", "val_loss", "a\nb", "\x1b[0m", "~x/y.npz"]
    ),
    st.sampled_from([n for kind in ("layer", "loss", "dataset", "metric") for n in members(kind)]),
)


@st.composite
def mutated_tree(draw):
    """A config's values with a few subtrees replaced, dropped, doubled or renamed."""
    tree = values(parse(draw(st.sampled_from(GOOD)), "c.yaml"))
    for _ in range(draw(st.integers(1, 3))):
        tree = mutate(draw, tree)
    return tree


def values(node):
    if isinstance(node.value, dict):
        return {key: values(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [values(child) for child in node.value[:12]]
    return node.value


def mutate(draw, tree):
    if isinstance(tree, dict) and tree and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(list(tree)))
        changed = {**tree, key: mutate(draw, tree[key])}
        action = draw(st.integers(0, 12))
        if action == 0:
            del changed[key]
        elif action == 1:
            changed[f"{key}s"] = changed.pop(key)
        elif action == 2:
            changed[draw(st.sampled_from(["lr", "type", "units", "x", "é", "a b"]))] = draw(SCALARS)
        return changed
    if isinstance(tree, list) and tree and draw(st.integers(0, 5)):
        index = draw(st.integers(0, len(tree) - 1))
        items = list(tree)
        items[index] = mutate(draw, items[index])
        return items * 2 if draw(st.integers(0, 9)) == 0 else items
    return draw(st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.just({})))


@quick(200)
@given(tree=mutated_tree())
def test_mutated_trees(tree, path):
    path.write_text(to_yaml(tree), encoding="utf-8")
    attempt(path)


@quick(60)
@given(experiment=instances(Experiment))
def test_any_experiment_of_the_right_types(experiment, path):
    path.write_text(to_yaml(experiment), encoding="utf-8")
    attempt(path)


@quick(150)
@given(
    key=st.one_of(
        st.text(max_size=12),
        st.sampled_from(["optimizer.lr", "network.hidden.0.units", "training", "data.dataset.x"]),
    ),
    value=st.one_of(
        st.text(max_size=20), st.sampled_from(["-1", "[", "{}", "null", "no", "1e400"])
    ),
)
def test_assignments(key, value, path):
    path.write_text(GOOD[0], encoding="utf-8")
    try:
        load(path, [f"{key}={value}"])
    except NncliError as error:
        lines = error.lines()
    else:
        lines = []
    assert all(line.isprintable() for line in lines)


@quick(60)
@given(experiment=instances(Experiment))
def test_decoding_is_the_same_every_time(experiment):
    text = to_yaml(experiment)
    first = decode(parse(text, "c.yaml"), Path("c.yaml"), Experiment)
    assert decode(parse(text, "c.yaml"), Path("c.yaml"), Experiment)[1] == first[1]
