"""The page of a trace: one file that says what the trace says, whatever is in it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nncli.artifacts.loaded_network import load_network
from nncli.trace.arithmetic import unlinked
from nncli.trace.html import html
from nncli.trace.tensor import TracedTensor
from nncli.trace.traced_steps import Trace, trace

CONFIGS = Path(__file__).parents[2] / "configs"
DATA = re.compile(r'<script type="application/json" id="trace">(.*?)</script>', re.DOTALL)


def traced(config: str, *assignments: str, count: int = 1) -> Trace:
    return trace(load_network(CONFIGS / config, assignments), count)


def data(page: str) -> Any:
    found = DATA.search(page)
    assert found
    return json.loads(found[1], parse_constant=pytest.fail)


def tensor(page: str, name: str) -> dict[str, Any]:
    (found,) = [each for each in data(page)["steps"][0]["tensors"] if each["name"] == name]
    return found


def with_values(shown: Trace, change: Callable[[TracedTensor], Any]) -> Trace:
    """The same trace with other numbers."""
    (step,) = shown.steps
    tensors = tuple(replace(each, values=change(each)) for each in step.tensors)
    return replace(shown, steps=(replace(step, tensors=tensors),))


@pytest.fixture(scope="module")
def by_hand() -> Trace:
    return traced("by_hand.yaml")


def test_the_page_loads_nothing(by_hand: Trace) -> None:
    page = html(by_hand)
    assert not re.search(r"https?:|//\w+\.\w|@import|\burl\(|\bsrc=|\bimport\b *[({'\"]", page)
    assert "default-src 'none'" in page


def test_the_page_holds_the_numbers_of_the_trace(by_hand: Trace) -> None:
    found = tensor(html(by_hand), "hidden_1/dW")
    assert found["values"] == [32, 32, 64, 64, -32, -32]
    assert (found["shape"], found["axes"]) == ([3, 2], ["input", "unit"])
    assert found["formula"] == "dW1 = x^T dz1"
    assert found["arithmetic"][4] == "{x.0,2|(-1)}*{dz.0,0|32}"
    assert unlinked(found["arithmetic"][4]) == "(-1)*32"
    assert found["operands"] == {"x": "input", "dz": "hidden_1/dz"}


def test_every_number_has_all_its_digits() -> None:
    shown = traced("iris.yaml")
    found = data(html(shown))["steps"][0]
    wanted = {each.name: each for each in shown.steps[0].tensors}
    for each in found["tensors"]:
        assert each["values"] == wanted[each["name"]].values.ravel().tolist()
    assert found["loss"] == shown.steps[0].loss


def test_a_float32_number_has_no_digits_that_mean_nothing() -> None:
    shown = traced("iris.yaml", "training.dtype=float32")
    page = html(with_values(shown, lambda each: np.full_like(each.values, 0.1)))
    assert tensor(page, "hidden_1/db")["values"] == [0.1] * 8


def test_an_update_repeats_nothing_that_was_shown(by_hand: Trace) -> None:
    names = [each["name"] for each in data(html(by_hand))["steps"][0]["tensors"]]
    assert [name for name in names if name.startswith("hidden_1/W/")] == ["hidden_1/W/after"]
    clipped = data(html(traced("by_hand.yaml", "training.clip_grad_norm=1")))
    names = [each["name"] for each in clipped["steps"][0]["tensors"]]
    assert "hidden_1/W/gradient" in names


def test_names_cannot_end_the_script_or_become_elements(by_hand: Trace) -> None:
    evil = "</script><img onerror=alert(1)>&"
    page = html(replace(by_hand, name=evil, inputs=(evil, "$data", "\u2028")))
    assert "<img" not in page
    assert data(page)["name"] == evil
    assert data(page)["inputs"] == [evil, "$data", r"\u2028"]  # shown, not obeyed
    assert page.count("</script>") == 2


def test_what_json_has_no_number_for_is_text(by_hand: Trace) -> None:
    for value, text in ((np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")):
        page = html(with_values(by_hand, lambda each, v=value: np.full_like(each.values, v)))
        assert set(tensor(page, "hidden_1/z")["values"]) == {text}


def test_a_row_weight_belongs_to_its_row(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,w,y\n1,1,3\n2,2,5\n3,1,7\n4,2,8\n")
    config = tmp_path / "t.yaml"
    config.write_text("data: {path: t.csv, target: y, sample_weight: w, split: none}\n")
    page = html(trace(load_network(config)))
    assert tensor(page, "weights")["axes"] == ["row"]


def wide() -> Trace:
    hidden = "network.hidden=[60, 50]"
    return traced("linear_regression.yaml", hidden, "training.batch_size=80")


def test_of_very_many_numbers_the_corners_are_in_the_page() -> None:
    shown = wide()
    found = tensor(html(shown), "hidden_1/z")
    rows, units = found["kept"]
    assert (len(rows), rows[-1]) == (24, 79)
    assert (len(units), units[-1]) == (24, 59)
    (values,) = [each.values for each in shown.steps[0].tensors if each.name == "hidden_1/z"]
    assert found["values"] == values[np.ix_(rows, units)].ravel().tolist()
    assert found["shape"] == [80, 60]


def test_a_page_of_many_steps_stays_small() -> None:
    hidden = "network.hidden=[60, 50, 60]"
    shown = traced("linear_regression.yaml", hidden, "training.batch_size=80", count=10)
    assert len(html(shown)) < 8_000_000


def test_arithmetic_is_that_of_the_first_numbers() -> None:
    found = tensor(html(wide()), "hidden_1/z")
    assert len(found["arithmetic"]) == 200
    assert len(found["values"]) == 24 * 24


def test_images_and_kernels_are_matrices_in_the_page() -> None:
    """And every number of worked arithmetic leads to the one that it is."""
    shown = traced(
        "iris.yaml",
        "network.input={type: input, shape: [2, 2, 1]}",
        "network.hidden=[{type: conv2d, filters: 3, kernel_size: 2, padding: same}, flatten]",
        "training.batch_size=2",
    )
    page = html(shown)
    x, W, z = (tensor(page, name) for name in ("input", "hidden_1/W", "hidden_1/z"))
    assert [x["shape"], W["shape"], z["shape"]] == [[2, 4], [4, 3], [2, 12]]
    links = re.findall(r"\{(\w)\.(\d+),(\d+)\|\(?([^})]*)", " ".join(z["arithmetic"]))
    assert {name for name, *_ in links} == {"x", "W"}
    for name, row, column, text in links:
        own = {"x": x, "W": W}[name]
        value = own["values"][int(row) * own["shape"][1] + int(column)]
        assert float(text) == pytest.approx(value, rel=1e-4)
