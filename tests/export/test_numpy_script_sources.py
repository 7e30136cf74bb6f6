"""A part's pure methods are written out from their own source, and compute the same."""

import math

import numpy as np
import pytest

from nncli.errors import UserError
from nncli.export.numpy_script.sources import Sources
from nncli.parts.initializers import GlorotUniform, HeNormal
from nncli.parts.losses import CrossEntropy, HalfMse, Huber
from nncli.parts.optimizers import AdamW
from nncli.parts.regularizers import L1L2
from nncli.parts.schedules import Exponential, OneCycle
from nncli.registry import Part


@pytest.fixture
def sources():
    return Sources()


def evaluated(sources, expression, **names):
    """The value of an expression, with the functions it needs."""
    scope = {"np": np, "math": math, **names}
    for lines in sources.definitions.values():
        exec("\n".join(lines), scope)
    return eval(expression, scope)


def test_one_expression_stands_in_its_place_with_the_configs_numbers(sources):
    assert sources.call(Exponential(rate=0.25).after_warmup, "t", "9") == "math.exp(-0.25 * t)"
    assert sources.call(HalfMse().factor, "len(x)", "3") == "0.5 / (len(x) * 3)"
    assert not sources.definitions


def test_operators_around_an_argument_keep_their_order(sources):
    assert sources.call(Exponential(rate=2.0).after_warmup, "a + b", "9") == (
        "math.exp(-2.0 * (a + b))"
    )


def test_several_statements_become_a_function_called_as_its_part(sources):
    assert sources.call(Huber(0.5).terms, "a1", "t") == "huber(a1, t)"
    assert sources.definitions["huber"][0] == "def huber(a, t):"
    assert "    near = np.minimum(size, 0.5)" in sources.definitions["huber"]


def test_a_total_derived_from_terms_is_their_sum(sources):
    assert sources.call(CrossEntropy().total_from_scores, "z", "t") == (
        "float(cross_entropy(z, t).sum())"
    )


def test_a_method_above_is_written_out_too(sources):
    optimizer = AdamW(betas=(0.8, 0.9), weight_decay=0.1)
    call = sources.call(optimizer.scalars, "step", "rate")
    assert call == "adamw_scalars(step, rate)"
    assert list(sources.definitions) == ["adam_scalars", "adamw_scalars"]
    assert evaluated(sources, call, step=3, rate=0.25) == optimizer.scalars(3, 0.25)


def test_helpers_of_a_module_are_written_out_too(sources):
    schedule = OneCycle()
    call = sources.call(schedule.after_warmup, "t", "50")
    for t in (0, 3, 20, 49):
        assert evaluated(sources, call, t=t) == schedule.after_warmup(t, 50)


def test_parts_made_on_the_way_are_followed(sources):
    W = np.array([[1.0, -2.0]])
    call = sources.call(L1L2(0.5, 0.25).value, "W")
    assert call == "0.5 * float(np.abs(W).sum()) + 0.25 * float(np.vdot(W, W))"
    assert evaluated(sources, call, W=W) == L1L2(0.5, 0.25).value(W)


def test_an_initializer_is_lines_in_its_place(sources):
    arguments = {"shape": "(4, 8)", "random": "random", "name": "'hidden_1/W'"}
    assert sources.lines(HeNormal().__call__, **arguments) == (
        [],
        "random.normal(0.0, math.sqrt(2.0 / 4), (4, 8))",
    )
    assert sources.lines(GlorotUniform().__call__, **arguments) == (
        ["limit = math.sqrt(3.0) * math.sqrt(2.0 / (4 + 8))"],
        "random.uniform(-limit, limit, (4, 8))",
    )


def test_two_functions_of_one_name_are_told_apart(sources):
    assert sources.call(Huber(0.5).terms, "a", "t") == "huber(a, t)"
    assert sources.call(Huber(2.0).terms, "a", "t") == "huber_2(a, t)"
    assert sources.call(Huber(0.5).terms, "b", "t") == "huber(b, t)"


def test_no_function_takes_a_name_of_the_script(sources):
    assert sources.call(OneCycle().after_warmup, "t", "9", name="step") == "step_2(t, 9)"


def test_a_source_that_is_not_there_is_refused(sources):
    scope = {"Part": Part}
    exec("class Made(Part):\n    def value(self, W):\n        return 1.0", scope)
    with pytest.raises(UserError, match=r"the source of Made\.value isn't there"):
        sources.call(scope["Made"]().value, "W")


class Strange(Part):
    """A part that computes with what a script can't hold."""

    def value(self, W):
        return CONSTANTS["a"] * W


CONSTANTS = {"a": 2.0}


def test_a_source_that_uses_what_a_script_cannot_hold_is_refused(sources):
    with pytest.raises(UserError, match="uses CONSTANTS"):
        sources.call(Strange().value, "W")
