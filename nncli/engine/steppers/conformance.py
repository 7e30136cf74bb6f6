"""Conformance: the tests that every engine has to pass, for authors of plug-in engines.

    import pytest
    from nncli.engine.steppers.conformance import CASES, CHECKS, refusal

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    @pytest.mark.parametrize("case", CASES)
    def test_my_engine(check, case):
        if said := refusal("mine", case):
            pytest.skip(said)
        check("mine", case)

A check raises AssertionError. A case that an engine refuses is trained by NumPy.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nncli.engine.evaluator import EvaluationSet
from nncli.engine.job import Job, Seeds
from nncli.engine.network import Network
from nncli.engine.state import TrainState
from nncli.engine.steppers import choice
from nncli.engine.stop import Stop, StopAt
from nncli.engine.trainer import train
from nncli.engine.training_settings import Training
from nncli.errors import Diverged
from nncli.frozen import frozen
from nncli.parts.activations import Softmax, Tanh
from nncli.parts.layers import BatchNorm, Dense, Dropout, EmbeddedColumn, Embedding
from nncli.parts.losses import CrossEntropy
from nncli.parts.optimizers import Adam, GradientDescent, Optimizer, Sgd
from nncli.parts.regularizers import L1L2
from nncli.parts.schedules import Constant, Cosine, ReduceOnPlateau, Schedule

ROWS, INPUTS, CLASSES, EPOCHS = 50, 4, 3, 4
ROUNDING: Mapping[str, float] = {"float64": 1e-8, "float32": 2e-3}


@frozen
class Case:
    """A small job; by default with all rows in one step."""

    hidden: tuple[Any, ...] = (Dense(8, Tanh()),)
    optimizer: Optimizer = Sgd(0.1, momentum=0.9)
    schedule: Schedule = Constant()
    batch_size: int = ROWS
    categories: int = 0
    is_weighted: bool = False
    training: Mapping[str, Any] | None = None

    def job(self, engine: str) -> Job:
        settings = {"epochs": EPOCHS, **(self.training or {})}
        steps = settings.pop("steps_per_epoch", -(-ROWS // self.batch_size))
        training = Training(
            batch_size=self.batch_size, steps_per_epoch=steps, threads=1, engine=engine, **settings
        )
        column = EmbeddedColumn("c", self.categories, self.categories, 2)
        embedding = Embedding((column,)) if self.categories else None
        output = Dense(CLASSES, Softmax())
        return Job(
            network=Network((INPUTS,), self.hidden, output, CrossEntropy(), embedding),
            optimizer=self.optimizer,
            schedule=self.schedule,
            training=training,
            train=self._rows(training.dtype),
            val=None,
            decode=lambda outputs: outputs,
            metrics={},
            seeds=Seeds(1, 2, 3, 4),
        )

    def _rows(self, dtype: str) -> EvaluationSet:
        random = np.random.default_rng(0)
        truth = random.integers(CLASSES, size=ROWS)
        x = (random.normal(size=(ROWS, INPUTS)) + truth[:, None]).astype(dtype)
        codes = {"category/c": random.integers(self.categories or 1, size=ROWS)}
        weights = random.uniform(0.5, 1.5, ROWS).astype(dtype) if self.is_weighted else None
        inputs = {"x": x, **(codes if self.categories else {})}
        return EvaluationSet(inputs, np.eye(CLASSES, dtype=dtype)[truth], weights, truth=truth)


MIXED = (Dense(8, Tanh()), BatchNorm(), Dropout(0.3))
CASES: Mapping[str, Case] = {
    "every row a step": Case(optimizer=GradientDescent(0.1)),
    "batches, the last one smaller": Case(batch_size=16),
    "float32": Case(batch_size=16, training={"dtype": "float32"}),
    "rows drawn afresh": Case(
        batch_size=10, training={"sampling": "with_replacement", "steps_per_epoch": 7}
    ),
    "fewer steps than rows": Case(batch_size=10, training={"steps_per_epoch": 3}),
    "random numbers and statistics": Case(MIXED, Adam(0.01), batch_size=16),
    "a rate for each step": Case(
        optimizer=Adam(0.01), schedule=Cosine(interval="step"), batch_size=16
    ),
    "a rate for each epoch": Case(schedule=Cosine(), batch_size=16),
    "a rate that follows the loss": Case(
        schedule=ReduceOnPlateau(patience=1, monitor="loss"), batch_size=16
    ),
    "penalty and clipping": Case(
        (Dense(8, kernel_regularizer=L1L2(0.01, 0.02)),), training={"clip_grad_norm": 0.1}
    ),
    "weights": Case(is_weighted=True, batch_size=16),
    "categories": Case(categories=6, batch_size=16),
    "frozen": Case((Dense(8, trainable=False), Dense(8)), batch_size=16),
    "shards": Case(MIXED, batch_size=25, training={"shards": 4}),
}


def refusal(engine: str, case: str) -> str:
    """Why an engine refuses a case, which NumPy then trains; empty if it accepts it."""
    job = CASES[case].job("numpy")
    return choice.choose(job, engine).refusal


def has_the_numbers_of_numpy(engine: str, case: str) -> None:
    """After each epoch the numbers equal NumPy's up to rounding, counters and streams exactly."""
    job, reference = CASES[case].job(engine), CASES[case].job("numpy")
    state, expected = job.start(), reference.start()
    close = ROUNDING[job.training.dtype]
    for report, known in zip(train(job, state), train(reference, expected), strict=True):
        assert report.epoch == known.epoch
        assert report.loss is not None
        assert known.loss is not None
        assert abs(report.loss - known.loss) <= close * abs(known.loss), report
        np.testing.assert_allclose(state.theta, expected.theta, rtol=close, atol=close)
    for name, slot in expected.slots.items():
        np.testing.assert_allclose(state.slots[name], slot, rtol=close, atol=close)
    _assert_same_place(state, expected)
    assert state.shuffle.bit_generator.state == expected.shuffle.bit_generator.state
    assert state.dropout.bit_generator.state == expected.dropout.bit_generator.state


def repeats_its_bits(engine: str, case: str) -> None:
    """Trained twice, the states have the same bits."""
    _assert_same_bits(_trained(CASES[case].job(engine)), _trained(CASES[case].job(engine)))


def goes_on_as_if_never_stopped(engine: str, case: str) -> None:
    """Stopped within or after an epoch, and continued by another stepper, the bits are the same."""
    job = CASES[case].job(engine)
    whole, steps = _trained(job), job.steps_per_epoch
    for at in {1, steps, steps + max(steps // 2, 1)}:
        state = job.start()
        for _ in train(job, state, StopAt(state, at, Stop())):
            pass
        assert state.step == at, f"stopped at step {state.step}, not {at}"
        for _ in train(job, state):
            pass
        _assert_same_bits(state, whole)


def heeds_a_stop(engine: str, case: str) -> None:
    """If a stop was requested before the first step, no step is made, and False returned."""
    job = CASES[case].job(engine)
    state, untouched = job.start(), job.start()
    made = choice.stepper(job, state)
    assert not made.epochs(2, Stop(requested=True), 1.0)
    made.close()
    _assert_same_bits(state, untouched)


def hands_back_in_time(engine: str, case: str) -> None:
    """With no time left it still trains one epoch or more, and returns at the end of one."""
    job = CASES[case].job(engine)
    state = job.start()
    made = choice.stepper(job, state)
    assert made.epochs(EPOCHS, Stop(), 0.0)
    assert 1 <= state.epoch <= EPOCHS
    assert (state.step, state.step_in_epoch) == (state.epoch * job.steps_per_epoch, 0)
    made.close()


def tells_of_divergence(engine: str, case: str) -> None:
    """Training diverges in the same epoch as with NumPy."""
    given = CASES[case]
    found = []
    for name in (engine, "numpy"):
        huge = Case(given.hidden, Sgd(1e308), batch_size=given.batch_size)
        with np.errstate(all="ignore"):
            try:
                _trained(huge.job(name))
            except Diverged as error:
                found.append(error.epoch)
            else:
                raise AssertionError(f"{name} did not diverge")
    assert found[0] == found[1]


CHECKS: tuple[Callable[[str, str], None], ...] = (
    has_the_numbers_of_numpy,
    repeats_its_bits,
    goes_on_as_if_never_stopped,
    heeds_a_stop,
    hands_back_in_time,
    tells_of_divergence,
)


def _trained(job: Job) -> TrainState:
    state = job.start()
    for _ in train(job, state):
        pass
    return state


def _assert_same_place(state: TrainState, other: TrainState) -> None:
    counted = ("epoch", "step", "step_in_epoch")
    assert [getattr(state, each) for each in counted] == [getattr(other, each) for each in counted]


def _assert_same_bits(state: TrainState, other: TrainState) -> None:
    _assert_same_place(state, other)
    np.testing.assert_array_equal(state.theta, other.theta)
    for name, slot in other.slots.items():
        np.testing.assert_array_equal(state.slots[name], slot)
