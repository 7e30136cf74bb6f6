"""Networks and tables drawn at random: ONNX's answers are nncli's, whatever a config says.

A thousand of them: NNCLI_SOAK=1 pytest tests/export/test_onnx_at_random.py
"""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from onnx_models import RandomModel, compared, config

from nncli.errors import ConfigError, TableError
from nncli.registry import members

COUNT = 1000 if os.environ.get("NNCLI_SOAK") else 25
ROWS = 24
ACTIVATIONS = [name for name in members("activation") if name != "softmax"]
WORDS = ["a", "B", "c d", "1", "1.0", "07", "é", "'", '"q"', "<x>", "none", "yes"]
CELLS = {
    "number": st.floats(-1e3, 1e3).map(lambda x: f"{x:.6g}"),
    "long tail": st.floats(-8, 8).map(lambda x: f"{np.exp(2 * x):.6g}"),
    "few": st.integers(-2, 2).map(str),
    "text": st.sampled_from(WORDS[:8]),
    "truth": st.sampled_from(["yes", "no"]),
    "flag": st.sampled_from(["0", "1"]),
    "size": st.sampled_from(["low", "mid", "high"]),
    "day": st.dates().map(str),
}
NEW = {"text": st.sampled_from(WORDS), "size": st.sampled_from(["low", "huge"])}
KEYS = {"size": {"order": ["low", "mid", "high"]}, "text": "categorical", "day": "date"}
LAYERS = st.one_of(
    st.integers(1, 6),
    st.sampled_from(["batch_norm", {"type": "dropout", "rate": 0.5}]),
    st.builds(
        lambda units, activation: {"type": "dense", "units": units, "activation": activation},
        st.integers(1, 6),
        st.sampled_from(ACTIVATIONS),
    ),
    st.sampled_from(ACTIVATIONS).map(lambda name: {"type": "activation", "function": name}),
)
NUMERIC = st.fixed_dictionaries(
    {"impute": st.sampled_from(["median", "mean", "most_frequent"])},
    optional={"missing_indicator": st.booleans()},
)
CATEGORICAL = st.fixed_dictionaries(
    {"impute": st.sampled_from(["most_frequent", "category"])},
    optional={
        "min_count": st.integers(2, 5),
        "max_categories": st.integers(2, 4),
        "handle_unknown": st.sampled_from(["ignore", "error"]),
        "encode": st.sampled_from(["onehot", "embedding"]),
    },
).map(lambda keys: keys | ({"one_hot_max_size": 2} if keys.get("encode") == "embedding" else {}))
SHAPED = st.one_of(
    st.sampled_from(["standard", "minmax", "robust", "none", "quantile", "robust_clip"]).map(
        lambda scale: {"scale": scale}
    ),
    st.fixed_dictionaries(
        {
            "encode": st.just("piecewise_linear"),
            "bins": st.integers(2, 20),
            "with_value": st.booleans(),
        }
    ),
)
TARGETS = {
    "classes": ["y"],
    "two": ["y"],
    "number": ["y"],
    "numbers": ["y", "z"],
    "labels": ["y", "z"],
}
CELLS_OF_TARGETS = {
    "classes": st.sampled_from(["p", "q", "r"]),
    "two": st.sampled_from(["p", "q"]),
    "number": st.floats(0.5, 1e3).map(lambda x: f"{x:.6g}"),
    "numbers": st.floats(0.5, 1e3).map(lambda x: f"{x:.6g}"),
    "labels": st.sampled_from(["on", "off"]),
}


@st.composite
def tables(draw, kinds, rows, *, is_new):
    """Rows of cells, one in nine missing."""
    columns = []
    for kind in kinds:
        cells = NEW.get(kind, CELLS[kind]) if is_new else CELLS[kind]
        present = draw(st.lists(cells, min_size=rows, max_size=rows))
        gaps = draw(st.lists(st.integers(0, 8), min_size=rows, max_size=rows))
        columns.append([cell if gap else "" for cell, gap in zip(present, gaps, strict=True)])
    return list(zip(*columns, strict=True))


def csv(names, rows):
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in [names, *rows]]
    return "".join(",".join(row) + "\n" for row in quoted)


@st.composite
def problems(draw):
    """(config lines, a table, new rows)."""
    kinds = draw(st.lists(st.sampled_from(list(CELLS)), min_size=1, max_size=5))
    names = [f"{kind} {number}" for number, kind in enumerate(kinds)]
    task = draw(st.sampled_from(list(TARGETS)))
    targets, cells = TARGETS[task], CELLS_OF_TARGETS[task]
    wide = st.tuples(*[cells] * len(targets))
    known = draw(st.lists(wide, min_size=ROWS, max_size=ROWS))
    rows = draw(tables(kinds, ROWS, is_new=False))
    new = draw(tables(kinds, 12, is_new=True))
    preprocessing = {
        "numeric": draw(NUMERIC) | draw(SHAPED),
        "categorical": {
            "impute": draw(st.sampled_from(["most_frequent", "category"])),
            "min_count": draw(st.sampled_from([1, 2, 5])),
            "max_categories": draw(st.sampled_from([None, 2, 3])),
        },
    }
    if task.startswith("number"):
        preprocessing["target"] = {
            "transform": draw(st.sampled_from(["none", "log", "log1p", "sqrt"])),
            "scale": draw(st.sampled_from(["none", "standard", "minmax", "robust"])),
        }
    data = {
        "path": "table.csv",
        "target": targets if len(targets) > 1 else targets[0],
        "split": "none",
        "columns": {n: KEYS[k] for n, k in zip(names, kinds, strict=True) if k in KEYS},
        "preprocessing": preprocessing,
        "fold_case": draw(st.booleans()),
    }
    whole = {
        "data": data,
        "network": {"hidden": draw(st.lists(LAYERS, max_size=4))},
        "training": {"dtype": draw(st.sampled_from(["float64", "float32"]))},
    }
    table = csv([*names, *targets], [(*a, *b) for a, b in zip(rows, known, strict=True)])
    return json.dumps(whole), table, csv(names, new)


@settings(max_examples=COUNT, suppress_health_check=list(HealthCheck))
@given(problem=problems(), seed=st.integers(0, 99), threshold=st.floats(0.05, 0.95))
def test_answers_are_those_of_nncli(problem, seed, threshold):
    lines, table, new = problem
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = config(folder, table, lines)
        (folder / "new.csv").write_text(new, encoding="utf-8")
        try:
            trained = RandomModel(path, seed)
            if len(trained.model.preprocessing.classes) == 2 and seed % 2:
                trained = RandomModel(path, seed, threshold)
            found = compared(trained, folder / "table.csv")
        except ConfigError as error:
            assume(not str(error))
        assert found.agrees, found
        with suppress(TableError):  # a row that nncli refuses
            found = compared(trained, folder / "new.csv")
        assert found.agrees, found
