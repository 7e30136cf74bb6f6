"""What the page of a trace needs to be a lesson: origins of numbers, words, slips of answers."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from nncli.artifacts.loaded_network import load_network
from nncli.page.embed import asset
from nncli.parts.activations import Activation
from nncli.registry import find, members
from nncli.trace.arithmetic import arithmetic, unlinked
from nncli.trace.evaluation import Numbered, evaluated, magnitude
from nncli.trace.fill_in import NAMES
from nncli.trace.html import SCRIPTS, html
from nncli.trace.question import questions
from nncli.trace.slips import slips
from nncli.trace.traced_steps import trace

CONFIGS = Path(__file__).parents[2] / "configs"
DATA = re.compile(r'<script type="application/json" id="trace">(.*?)</script>', re.DOTALL)
LINK = re.compile(r"\{(\w+)\.([\d,]*)\|\(?([^})]*)\)?\}")
NORMALIZED = """
data:
  dataset: {type: inline, x: [[1, 2], [3, -1], [0, 2], [2, 1]], y: [0, 1, 0, 1]}
  split: none
  task: classification
network:
  hidden:
    - {type: dense, units: 3, activation: identity, kernel_regularizer: {type: l2, l2: 0.1}}
    - batch_norm
    - {type: activation, function: tanh}
optimizer: {type: %s, learning_rate: 0.1}
training: {clip_grad_norm: 1.0}
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lesson")
    for name in ("gd", "adam"):
        (folder / f"{name}.yaml").write_text(NORMALIZED % name)
    mazur = CONFIGS / "lessons" / "mazur.yaml"
    paths = {"mazur": mazur, "gd": folder / "gd.yaml", "adam": folder / "adam.yaml"}
    return {name: trace(load_network(path), 2) for name, path in paths.items()}


@pytest.fixture(scope="module")
def pages(shown):
    found = {name: DATA.search(html(each)) for name, each in shown.items()}
    return {name: json.loads(each[1]) for name, each in found.items()}


def value_at(tensor, place):
    """The number of a tensor of the page at a place, as `0,1`."""
    index = [int(each) for each in place.split(",")][: len(tensor["shape"])] if place else []
    flat = np.ravel_multi_index(index, tensor["shape"]) if index else 0
    return tensor["values"][flat]


@pytest.mark.parametrize("name", ["mazur", "gd", "adam"])
def test_every_number_in_a_line_of_arithmetic_leads_to_where_it_stands(pages, name):
    count = 0
    for step in pages[name]["steps"]:
        before = {}
        for tensor in step["tensors"]:
            assert set(tensor["operands"].values()) <= set(before), "of this step, and earlier"
            for key, place, number in LINK.findall(" ".join(tensor["arithmetic"])):
                if origin := tensor["operands"].get(key):
                    found = value_at(before[origin], place)
                    assert float(number) == pytest.approx(found, rel=1e-5, abs=1e-12)
                    count += 1
                else:
                    assert key in ("limit", "step"), "which no tensor has"
            before[tensor["name"]] = tensor
    assert count > 100


def test_arithmetic_with_origins_is_the_same_arithmetic(shown):
    for step in shown["adam"].steps:
        for tensor in step.tensors:
            if tensor.template:
                index = (0,) * tensor.values.ndim
                assert unlinked(tensor.linked(index)) == tensor.arithmetic(index)


@pytest.mark.parametrize("name", ["mazur", "gd", "adam"])
def test_named_numbers_give_what_written_ones_do(shown, name):
    for step in shown[name].steps:
        for tensor in step.tensors:
            for index in np.ndindex(tensor.values.shape) if tensor.template else ():
                numbers = Numbered()
                text = arithmetic(tensor.template, tensor.arrays, index, numbers, 10**9)
                as_written = arithmetic(tensor.template, tensor.arrays, index, repr, 10**9)
                assert evaluated(text, numbers) == evaluated(as_written) is not None
                assert magnitude(text, numbers) == magnitude(as_written) is not None


def test_a_named_number_beside_a_digit_is_no_number():
    assert evaluated("0.22n0 + n1", Numbered([1.0, 2.0])) is None


@pytest.mark.parametrize("name", ["mazur", "gd", "adam"])
def test_every_array_of_the_page_is_explained(pages, name):
    """By a sentence of its own, by its letter, or by the formula it has."""
    letters = {letter for letter, _ in pages[name]["letters"]}
    for step in pages[name]["steps"]:
        for tensor in step["tensors"]:
            letter = tensor["symbol"].rstrip("0123456789")
            assert tensor["meaning"] or letter in letters or tensor["formula"], tensor["name"]
    assert set(pages[name]["phases"]) == {"forward", "backward", "update"}
    if name == "mazur":
        assert "db" not in letters, "what doesn't occur isn't explained"


def test_the_page_has_the_slips_that_grade_has(shown, pages):
    step, told = shown["mazur"].steps[0], pages["mazur"]["steps"][0]["tensors"]
    asked = {each["name"]: each["asked"] for each in told}
    for question in questions(step):
        before, *known = asked[question.tensor.name][",".join(map(str, question.index))]
        assert before == question.before
        wanted = [(name, value) for name, value in slips(question) if value]
        told = [(NAMES[number], value) for number, value in known]
        values = np.array([value for _, value in told])
        assert all(np.isclose(values, value, rtol=1e-6, atol=0).any() for _, value in wanted)
        left = iter(wanted)
        for name, value in told:  # in the same order: the first that fits is said
            assert any(name == each and value == pytest.approx(its) for each, its in left)


def test_what_is_given_is_not_asked_for(pages):
    for tensor in pages["adam"]["steps"][0]["tensors"]:
        is_given = not tensor["arithmetic"] or tensor["name"] == "learning_rate"
        assert (not tensor["asked"]) == is_given, tensor["name"]


def test_of_a_large_network_few_numbers_are_asked_for():
    shown = trace(load_network(CONFIGS / "iris.yaml", ["network.hidden=[100]"]))
    page = json.loads(DATA.search(html(shown))[1])
    asked = [len(each["asked"]) for each in page["steps"][0]["tensors"]]
    assert max(asked) == 12


@pytest.mark.parametrize("name", members("activation"))
def test_the_slope_in_words_is_the_derivative(name):
    function = find("activation", name)()
    if name == "softmax":
        assert not function.slope_formula
        return
    assert "{da}" not in function.slope_formula
    z = np.array([[-1.7, -0.3, 0.4, 1.9]])
    saved = {key: np.empty(shape) for key, shape in function.saved_shapes(z.shape).items()}
    a, ones, slope = np.empty_like(z), np.ones_like(z), np.empty_like(z)
    function.forward(z, a, saved)
    function.backward(ones, z, a, slope, saved)
    arrays = {"z": z, "a": a}
    told = [
        evaluated(arithmetic(function.slope_formula, arrays, place, repr))
        for place in np.ndindex(z.shape)
    ]
    assert told == pytest.approx(slope.ravel().tolist())


def test_an_activation_of_another_package_has_no_slope_in_words():
    class Own(Activation):
        pass

    assert Own().slope_formula == "f'({z})"


def test_no_two_scripts_of_the_page_give_a_name_twice():
    """They share one scope: a second function of a name would take the first one's place."""
    scripts = "\n".join(asset("nncli.trace", f"{name}.js") for name in SCRIPTS)
    names = re.findall(r"^(?:function|const|let) (\w+)", scripts, re.MULTILINE)
    assert len(names) > 100
    assert {name for name in names if names.count(name) > 1} == set()
