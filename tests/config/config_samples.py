"""What several tests of configs share: the good configs, and strategies for parts."""

import functools
import types
from pathlib import Path
from typing import Literal, get_args, get_origin

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from nncli.config.data_keys import Data
from nncli.config.hints import alternatives, hints_of, is_family, required, spec
from nncli.config.nodes import Node
from nncli.parts.datasets import Dataset
from nncli.registry import MODULES, members

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
PARTS = [cls for kind in MODULES for cls in members(kind).values()]
ODD_TEXT = st.one_of(
    st.sampled_from(
        ["", " ", "no", "null", "~", "true", "1e-3", "010", "12:30", "- a", "a: b", "#", "<<", "'"]
    ),
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
        max_size=12,
    ),
    st.sampled_from(["a\nb", "a\n\nb\n", "\ta", "a\tb\n", "\x85", "\u2028", "%", "@x", "*a", "&a"]),
)


# a key of a user's own may be odd, but not the merge key, which YAML 1.2 hasn't
ODD_KEYS = ODD_TEXT.filter(lambda text: text != "<<")
OF_DATASETS = ("dataset", "task", "split", "preprocessing")


def quick(n_examples):
    """So many examples, however slowly they are made."""
    return settings(max_examples=n_examples, suppress_health_check=list(HealthCheck))


@functools.cache
def values(hint, depth=2):
    """Values of an annotated type, inside its bounds."""
    return st.one_of([_of(spec(option), depth) for option in alternatives(hint)])


def _of(it, depth):
    base, origin = it.base, get_origin(it.base)
    if origin is Literal:
        return st.sampled_from(get_args(base))
    if origin is list:
        return st.lists(values(get_args(base)[0], depth - 1), min_size=it.least, max_size=3)
    if origin is tuple:
        return st.tuples(*(values(argument, depth - 1) for argument in get_args(base)))
    if origin is dict:
        return st.dictionaries(ODD_KEYS, values(get_args(base)[1], depth - 1), max_size=3)
    if is_family(base):
        classes = [cls for cls in members(base.kind).values() if issubclass(cls, base)]
        if depth <= 0:
            classes = [cls for cls in classes if not hints_of(cls)] or classes
        return st.sampled_from(classes).flatmap(lambda cls: instances(cls, depth - 1))
    if base in (int, float):
        return _number(it)
    plain = {bool: st.booleans(), str: ODD_TEXT, types.NoneType: st.none()}
    plain[Node] = st.builds(Node, ODD_TEXT | st.integers(), st.just("here"))
    if base is Path:
        return st.sampled_from([Path("w.npz"), Path("a b/é.safetensors"), Path("1e3/no.npz")])
    return plain[base] if base in plain else instances(base, depth - 1)


def _number(it):
    bounds = it.bounds
    low = bounds.ge if bounds and bounds.ge is not None else bounds.gt if bounds else None
    high = bounds.le if bounds and bounds.le is not None else bounds.lt if bounds else None
    if it.base is int:
        numbers = st.integers(-(2**63) + 1 if low is None else int(low), 2**63 - 1)
    else:
        numbers = st.floats(low, high, allow_nan=False, allow_infinity=False)
    return numbers.filter(lambda number: bounds is None or number in bounds)


@functools.cache
@st.composite
def instances(draw, cls, depth=2):
    """Instances of a dataclass with some of its keys given."""
    hints = hints_of(cls)
    if cls is Data:  # either a dataset, or a table with keys of its own
        of_table = draw(st.booleans())
        hints = {name: hint for name, hint in hints.items() if (name in OF_DATASETS) != of_table}
        hints |= {"target": str, "path": Path} if of_table else {"dataset": Dataset}
    while True:
        chosen = {name: draw(values(hint, depth)) for name, hint in hints.items()}
        try:
            return cls(**chosen)
        except ValueError:  # a check across keys: fall back on the defaults where there are any
            kept = ("dataset", "path", "target") if cls is Data else required(cls)
            try:
                return cls(**{name: chosen[name] for name in kept if name in chosen})
            except ValueError:
                continue
