"""Traces as pages: against the references, and word for word against golden files.

NNCLI_UPDATE_GOLDEN=1 writes the golden files anew.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from nncli.trace.markdown import markdown
from nncli.trace.plain_text import text
from nncli.trace.traced_steps import trace

GOLDEN = Path(__file__).parent / "golden"
REFERENCE = Path(__file__).parents[1] / "reference"
# x = (1, 2, -1), y = 0, all weights 1, biases 0, relu, relu, identity, loss (a - y)^2
BY_HAND = {
    "hidden_1/z": [[2, 2]],  # 1 + 2 - 1
    "hidden_1/a": [[2, 2]],
    "hidden_2/z": [[4, 4]],  # 2 + 2
    "hidden_2/a": [[4, 4]],
    "output/z": [[8]],  # 4 + 4
    "output/a": [[8]],
    "loss": 64,  # 8^2
    "output/da": [[16]],  # 2 * 8
    "output/dz": [[16]],
    "output/dW": [[64], [64]],  # 4 * 16
    "output/db": [16],
    "hidden_2/da": [[16, 16]],  # 16 * 1
    "hidden_2/dz": [[16, 16]],
    "hidden_2/dW": [[32, 32], [32, 32]],  # 2 * 16
    "hidden_2/db": [16, 16],
    "hidden_1/da": [[32, 32]],  # 16 + 16
    "hidden_1/dz": [[32, 32]],
    "hidden_1/dW": [[32, 32], [64, 64], [-32, -32]],  # x * 32
    "hidden_1/db": [32, 32],
    "learning_rate": 0.001,
    "hidden_1/W/after": [[1 - 0.001 * dW] * 2 for dW in (32, 64, -32)],
}


def values(shown):
    return {tensor["name"]: tensor["values"] for tensor in shown.to_json()["tensors"]}


def test_the_hand_derived_network_has_the_hand_derived_numbers(shipped):
    shown = values(trace(shipped("by_hand")))
    assert {name: shown[name] for name in BY_HAND} == BY_HAND


def test_tensors_come_in_the_order_of_the_computation(shipped):
    order = list(values(trace(shipped("by_hand"))))
    computed = [name for name in order if name in BY_HAND]
    assert computed == list(BY_HAND)


def test_the_softmax_network_agrees_with_another_implementation(shipped):
    expected = json.loads((REFERENCE / "one_softmax_step.json").read_text())
    shown = values(trace(shipped("one_softmax_step")))
    after = {f"{name}/after": value for name, value in expected["updated"].items()}
    wanted = {"output/a": expected["output"], "loss": expected["loss"]}
    for name, value in {**wanted, **expected["gradients"], **after}.items():
        np.testing.assert_allclose(shown[name], value, rtol=1e-12, atol=1e-15, err_msg=name)


def golden(name, page):
    path = GOLDEN / name
    if os.environ.get("NNCLI_UPDATE_GOLDEN"):
        path.write_text(page, encoding="utf-8")
    assert page == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["by_hand", "and_gate"])
def test_the_text_is_as_written_down(shipped, name):
    golden(f"trace_{name}.txt", text(trace(shipped(name))))


def test_the_markdown_is_as_written_down(shipped):
    golden("trace_by_hand.md", markdown(trace(shipped("by_hand"))))


def test_the_json_is_as_written_down(shipped):
    page = json.dumps(trace(shipped("by_hand")).to_json(), indent=1)
    golden("trace_by_hand.json", page + "\n")


def test_the_json_has_the_contract_s_keys(shipped):
    page = trace(shipped("by_hand")).to_json()
    assert {"rows", "loss", "tensors"} <= page.keys()
    for tensor in page["tensors"]:
        assert {"name", "phase", "shape", "formula", "values"} <= tensor.keys()
        assert list(np.shape(tensor["values"])) == tensor["shape"]
        assert tensor["phase"] in ("forward", "backward", "update")


def test_long_arrays_lose_their_middle_in_text_and_in_nothing_else(shipped):
    shown = trace(shipped("iris", "network.hidden=[40]", "training.batch_size=30"))
    assert shown.to_json()["tensors"][0]["shape"] == [30, 4]
    block = text(shown).partition("z1 = x W1 + b1")[2].splitlines()[1:8]
    assert [line.split().count("...") for line in block] == [1, 1, 1, 7, 1, 1, 1]
    z1 = next(t for t in shown.steps[0].tensors if t.name == "hidden_1/z")
    assert block[6].split()[-1] == f"{z1.values[-1, -1]:.6g}"


def test_a_sum_of_many_terms_is_cut_short(shipped):
    page = text(trace(shipped("iris", "training.batch_size=30")))
    line = next(line for line in page.splitlines() if "dW2[0,0] =" in line)
    assert line.count("+") == 4
    assert "..." in line


def test_no_line_of_text_has_blanks_at_its_end(shipped):
    page = text(trace(shipped("iris")))
    assert [line for line in page.splitlines() if line != line.rstrip()] == []


def test_several_steps_are_those_of_training(shipped):
    steps = trace(shipped("iris"), 3).steps
    assert [step.number for step in steps] == [1, 2, 3]
    before, after = ({t.name: t.values for t in step.tensors} for step in steps[1:])
    np.testing.assert_array_equal(before["hidden_1/W/after"], after["hidden_1/W"])
    assert len({step.rows for step in steps}) == 3


def test_a_run_s_first_steps_give_the_weights_that_training_gives(shipped):
    from nncli.engine.trainer import train

    loaded = shipped("linear_regression", "training.epochs=1", "training.steps_per_epoch=3")
    last = {t.name: t.values for t in trace(loaded, 3).steps[-1].tensors}
    job = loaded.built.job
    state = job.start()
    list(train(job, state))
    np.testing.assert_array_equal(
        last["output/W/after"], job.network.layout.views(state.theta)["output/W"]
    )
