"""Samplers: the same suggestion for whoever asks; every value reached; TPE learns."""

import ast
import builtins
import logging
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from study_spaces import ALL_KINDS, EXAMPLE, config, space_of

from nncli.config.load import load_text
from nncli.errors import ConfigError, UserError
from nncli.study.ended_trial import EndedTrial
from nncli.study.given_point import given_point
from nncli.study.samplers import GridSampler, RandomSampler, SobolSampler, sampler_for
from nncli.study.tpe import TpeSampler

SPACE = space_of(ALL_KINDS)
METHODS = {
    "random": lambda space, seed=0: RandomSampler(space, seed),
    "sobol": lambda space, seed=0: SobolSampler(space, seed),
}
try:
    import optuna  # noqa: F401

    METHODS["tpe"] = lambda space, seed=0: TpeSampler(space, seed, "minimize")
except ImportError:
    pass
needs_optuna = pytest.mark.skipif("tpe" not in METHODS, reason="Optuna is an extra")
every_method = pytest.mark.parametrize("method", METHODS)


def value(point):
    """A bowl in the learning rate, and a best optimizer."""
    bowl = (math.log(point.get("optimizer.learning_rate", 0.01)) + 4) ** 2
    return bowl + point.get("optimizer", 0)


def told_of(points, until):
    return [EndedTrial(k, points[k], "completed", value(points[k])) for k in range(max(until, 0))]


def search(sampler, trials, ahead=1, points=None):
    """The points of a search, each chosen when all but the last `ahead` - 1 trials are told."""
    points = [given_point(sampler.space)] if points is None else list(points)
    for number in range(len(points), trials):
        points.append(sampler.suggest(number, told_of(points, number - ahead + 1)))
    return points


@every_method
def test_a_suggestion_is_the_same_for_whoever_asks(method):
    make = METHODS[method]
    points = search(make(SPACE), 16, ahead=4)
    # after a stop: from text, by another sampler
    texts = [SPACE.cells(point) for point in points[:9]]
    read_back = [space_of(ALL_KINDS).point(cells) for cells in texts]
    assert search(make(space_of(ALL_KINDS)), 16, ahead=4, points=read_back) == points
    # out of order, and without any before
    late = make(SPACE)
    assert late.suggest(15, told_of(points, 12)) == points[15]
    assert late.suggest(3, told_of(points, 0)) == points[3]


@pytest.fixture(scope="module", params=["1", "2"])
def elsewhere(request):
    """The suggestions of each method in another process, whose hashes have this seed."""
    code = (
        "import test_samplers as t; "
        "print({m: repr(t.search(t.METHODS[m](t.SPACE), 24, ahead=4)[1:]) for m in t.METHODS})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONHASHSEED": request.param},
        capture_output=True,
        text=True,
        check=True,
    )
    return ast.literal_eval(done.stdout)


@every_method
def test_a_suggestion_is_the_same_in_another_process(method, elsewhere):
    assert elsewhere[method] == repr(search(METHODS[method](SPACE), 24, ahead=4)[1:])


@every_method
def test_every_suggestion_differs_and_another_seed_gives_others(method):
    points = search(METHODS[method](SPACE), 20)
    assert len({repr(sorted(point.items())) for point in points}) == 20
    assert points[1:] != search(METHODS[method](SPACE, 1), 20)[1:]


@every_method
def test_suggestions_are_of_the_space_and_make_experiments(method):
    for point in search(METHODS[method](SPACE), 25)[1:]:
        assert [each.name for each in SPACE.active(point)] == [
            each.name for each in SPACE.dimensions if each.name in point
        ]
        assert all(point[each.name] in each for each in SPACE.active(point))
        assert {type(number) for number in point.values()} <= {int, float}
        SPACE.experiment(point)


def test_sobol_leaves_no_region_out():
    space = space_of("training.epochs: {low: 1, high: 16}\noptimizer: [sgd, adam]")
    points = [SobolSampler(space, 3).suggest(number, []) for number in range(1, 33)]
    assert sorted((each["training.epochs"], each["optimizer"]) for each in points) == [
        (epochs, optimizer) for epochs in range(1, 17) for optimizer in range(2)
    ]


GRID = """\
training.batch_size: [16, 32]
optimizer:
  - {type: sgd, momentum: {low: 0.5, high: 0.9, step: 0.2}}
  - adam
training.epochs: {low: 3, high: 4}
"""


def test_a_grid_is_every_combination_once():
    space = space_of(GRID)
    grid = GridSampler(space)
    assert grid.count == 2 * (3 + 1) * 2
    points = [grid.suggest(number, []) for number in range(1, grid.count + 1)]
    assert [[*space.cells(point).values()] for point in points] == [
        [batch, *optimizer, epochs]
        for batch in ("16", "32")
        for optimizer in (("sgd", "0.5"), ("sgd", "0.7"), ("sgd", "0.9"), ("adam", ""))
        for epochs in ("3", "4")
    ]
    assert grid.suggest(grid.count + 1, []) == points[0]


@pytest.mark.parametrize(
    ("space", "combinations"),
    [
        ("optimizer.learning_rate: [0.1, 0.01, 0.001]", 3),
        (
            "optimizer.learning_rate: {low: 0.01, high: 0.03, step: 0.01}\n"
            "training.epochs: [5, 200]",
            6,
        ),
        (
            "optimizer: [{type: sgd, momentum: {low: 0.0, high: 0.2, step: 0.1}}, adam]\n"
            "training.epochs: [5, 200, 7]",
            12,
        ),
    ],
)
def test_a_grid_that_has_the_config_as_given_has_it_once(space, combinations):
    space = space_of(space)
    grid = GridSampler(space)
    cells = [space.cells(given_point(space))]
    cells += [space.cells(grid.suggest(number, [])) for number in range(1, grid.count + 1)]
    assert (grid.combinations, grid.count) == (combinations, combinations - 1)
    assert len({(*each.values(),) for each in cells}) == combinations


def test_a_large_grid_is_counted_without_being_made():
    grid = GridSampler(space_of("training.epochs: {low: 1, high: 1000000000}"))
    assert grid.combinations == 10**9
    assert grid.suggest(grid.count, []) == {"training.epochs": 10**9}


def test_a_grid_refuses_what_has_no_end():
    space = space_of(
        "optimizer: [{type: sgd, momentum: {low: 0.1, high: 0.9}}]\n"
        "optimizer.learning_rate: {low: 0.1, high: 0.9}"
    )
    with pytest.raises(ConfigError) as caught:
        GridSampler(space)
    message = "a grid takes a list of values, or a range with a step or of integers"
    assert caught.value.lines() == [
        f"config.yaml:4:39: sweep.space.optimizer[0].momentum: {message}",
        f"config.yaml:5:30: sweep.space.optimizer.learning_rate: {message}",
    ]


@pytest.mark.parametrize(
    ("method", "cls"),
    [("grid", GridSampler), ("random", RandomSampler), ("sobol", SobolSampler)],
)
def test_the_block_says_which_sampler(method, cls):
    experiment, _ = load_text(config(GRID), space_of(GRID).path, [f"sweep.method={method}"])
    assert isinstance(sampler_for(experiment.sweep, space_of(GRID), "minimize"), cls)


# ---- TPE


@needs_optuna
def test_tpe_is_the_default():
    experiment, _ = load_text(config(GRID), space_of(GRID).path)
    assert isinstance(sampler_for(experiment.sweep, space_of(GRID), "minimize"), TpeSampler)


def test_without_optuna_the_error_names_two_ways_out(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.partition(".")[0] == "optuna":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError) as caught:
        TpeSampler(SPACE, 0, "minimize")
    assert caught.value.lines() == [
        "sweep.method: tpe needs Optuna: pip install 'nncli-yaml[sweep]', "
        "or --set sweep.method=random"
    ]


@needs_optuna
@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_tpe_finds_better_values_than_random_on_average(direction):
    space = space_of(
        "optimizer.learning_rate: {low: 1e-5, high: 1.0, log: true}\noptimizer: [sgd, adam]"
    )
    sign = 1 if direction == "minimize" else -1

    def best(sampler):
        points = [given_point(space)]
        for number in range(1, 40):
            told = [EndedTrial(k, p, "completed", sign * value(p)) for k, p in enumerate(points)]
            points.append(sampler.suggest(number, told))
        return min(map(value, points[1:]))

    by_tpe = [best(TpeSampler(space, seed, direction)) for seed in range(5)]
    by_chance = [best(RandomSampler(space, seed)) for seed in range(5)]
    assert sum(by_tpe) < 0.5 * sum(by_chance)


@needs_optuna
def test_pruned_trials_count_by_their_last_report():
    sampler = TpeSampler(SPACE, 0, "minimize")
    points = search(sampler, 20)

    def told(last):
        return [
            EndedTrial(k, point, "pruned", None, {1: 9.0, 5: last(k)})
            for k, point in enumerate(points)
        ]

    assert sampler.suggest(20, told(lambda k: k)) == sampler.suggest(20, told(lambda k: 2 * k))
    assert sampler.suggest(20, told(lambda k: k)) != sampler.suggest(20, told(lambda k: -k))


@needs_optuna
def test_a_value_that_is_no_number_is_a_failure():
    points = search(TpeSampler(SPACE, 0, "minimize"), 20)
    suggestions = [
        TpeSampler(SPACE, 0, "minimize").suggest(
            20,
            [
                EndedTrial(k, p, *((state, failed) if k % 3 == 0 else ("completed", value(p))))
                for k, p in enumerate(points)
            ],
        )
        for state, failed in (
            ("completed", math.nan),
            ("completed", math.inf),
            *((state, None) for state in ("failed", "diverged", "invalid", "crashed")),
        )
    ]
    assert suggestions == suggestions[:1] * 6


@needs_optuna
@pytest.mark.parametrize("state", ["diverged", "invalid"])
def test_values_without_a_result_are_avoided(state):
    space = space_of("optimizer.learning_rate: [0.01, 0.1, 1e30]\noptimizer: [sgd, adam]")
    sampler, ended = TpeSampler(space, 0, "minimize"), []
    for number in range(40):
        point = sampler.suggest(number, ended) if number else given_point(space)
        is_lost = point.get("optimizer.learning_rate") == 2
        outcome = (state, None) if is_lost else ("completed", 0.5)
        ended.append(EndedTrial(number, point, *outcome))
    assert sum(each.state == state for each in ended[10:]) < 10  # 30 if they were ignored


@needs_optuna
def test_tpe_says_nothing_and_keeps_the_logger_as_it_was(capfd):
    before = logging.getLogger("optuna").level
    search(TpeSampler(SPACE, 0, "minimize"), 15)
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("optuna").level == before


@needs_optuna
def test_asking_costs_no_more_than_in_proportion_to_the_trials_told():
    """Counted in calls: its time is measured by benchmarks/sweep.py."""
    space = space_of(EXAMPLE)
    points = search(RandomSampler(space, 0), 160)
    sampler = TpeSampler(space, 0, "minimize")

    def calls(trials):
        counted, told = [0], told_of(points, trials)
        profile = sys.getprofile()
        sys.setprofile(lambda *event: counted.__setitem__(0, counted[0] + 1))
        try:
            sampler.suggest(trials, told)
        finally:
            sys.setprofile(profile)
        return counted[0]

    calls(40)  # what is imported and cached once
    assert calls(160) - calls(80) < 1.2 * 2 * (calls(80) - calls(40))


def test_nothing_heavy_is_imported_before_it_is_needed():
    code = (
        "import sys, nncli.study.samplers, nncli.study.tpe, nncli.study.pruning; "
        "print([m for m in ('optuna', 'scipy.stats', 'sqlalchemy') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
