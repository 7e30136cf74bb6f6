"""Which engine a job gets: a matter of the job, not of the moment."""

import numpy as np
import pytest
from engine_jobs import make_job

from nncli.engine.steppers import choice
from nncli.engine.steppers.choice import Choice, choose, pays
from nncli.engine.steppers.gradient import GradientStepper
from nncli.errors import UserError
from nncli.parts.activations import Relu, Softmax
from nncli.parts.layers import Dense
from nncli.parts.losses import CrossEntropy
from nncli.parts.optimizers import Lbfgs


def iris(steps, **settings):
    """The network of the docstring's first example, for so many steps."""
    output = Dense(3, Softmax())
    settings = {"rows": 160, "batch_size": 16, "epochs": steps // 10, **settings}
    return make_job([Dense(16)], output, CrossEntropy(), **settings)


def digits(steps):
    """The second example."""
    hidden, output = [Dense(128), Dense(64)], Dense(10, Softmax())
    return make_job(hidden, output, CrossEntropy(), rows=32, inputs=64, epochs=steps)


class Where(Relu):
    """An activation with a call that only NumPy can make."""

    name = "where"

    def forward(self, z, a, saved):
        np.maximum(z, 0.0, out=a, where=np.ones(z.shape, bool))


@pytest.fixture
def without_compiler(monkeypatch):
    monkeypatch.setattr(choice, "find_spec", lambda name: None)


@pytest.mark.parametrize(("job", "few"), [(iris, 25_000), (digits, 6_500)])
def test_compiling_pays_from_so_many_steps_on(job, few):
    assert not pays(job(0.9 * few // 10 * 10))
    assert pays(job(1.1 * few // 10 * 10))


def test_few_steps_are_numpy_s():
    assert choose(iris(1000), "auto") == Choice("numpy")


def test_many_steps_are_compiled():
    pytest.importorskip("llvmlite")
    assert choose(iris(100_000), "auto") == Choice("compiled")


def test_a_network_is_translated_once_by_the_stepper_and_not_to_choose_it(monkeypatch):
    pytest.importorskip("llvmlite")
    from nncli.engine.steppers.compiled import stepper

    translations = []
    translated = stepper.translated
    monkeypatch.setattr(stepper, "translated", lambda x: translations.append(x) or translated(x))
    job = iris(100_000, engine="compiled")
    assert choose(job, "compiled") == Choice("compiled")
    assert not translations
    made = choice.stepper(job, job.start())
    assert translations == [made]


def test_many_steps_are_numpy_s_without_a_compiler_and_what_would_shorten_them_is_said(
    without_compiler,
):
    chosen = choose(iris(100_000), "auto")
    assert chosen.engine == "numpy"
    assert chosen.refusal.startswith("llvmlite isn't there")
    assert chosen.refusal.endswith("pip install llvmlite")


@pytest.mark.parametrize("job", [iris(1000), iris(1_000_000, batch_size="full", optimizer=Lbfgs())])
def test_what_a_compiler_would_not_shorten_is_numpy_s_and_nothing_is_said(without_compiler, job):
    assert choose(job, "auto") == Choice("numpy")


def test_what_was_asked_for_is_what_one_gets():
    pytest.importorskip("llvmlite")
    assert choose(iris(1000), "compiled") == Choice("compiled")
    assert choose(iris(100_000), "numpy") == Choice("numpy")


def test_a_compiler_that_isn_t_there_is_named(without_compiler):
    with pytest.raises(UserError, match="needs llvmlite: pip install llvmlite"):
        choose(iris(1000), "compiled")
    with pytest.raises(UserError, match="needs llvmlite: pip install llvmlite"):
        choice.stepper(iris(1000, engine="compiled"), None)


@pytest.mark.parametrize(
    ("job", "why"),
    [
        (make_job([Dense(3, Where())]), "maximum is called with where"),
        (make_job(optimizer=Lbfgs()), "lbfgs has a line search"),
    ],
)
def test_what_can_t_be_compiled_is_numpy_s_and_says_why(job, why):
    pytest.importorskip("llvmlite")
    chosen = choose(job, "compiled")
    assert chosen.engine == "numpy"
    assert why in chosen.refusal


def test_numpy_s_stepper_makes_the_steps_unless_a_job_is_compiled():
    job = iris(1000)
    assert type(choice.stepper(job, job.start())) is GradientStepper
