"""The benchmark of searches trains what it says: a short run of it."""

import runpy
from pathlib import Path

from nncli.study.samplers import RandomSampler

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "sweep.py"))


def test_best_of_a_search_is_the_lowest_value_of_its_trials():
    search = BENCHMARK["Search"](BENCHMARK["CONFIG"].format(dataset="iris"))
    sampler = RandomSampler(search.space, 3)
    values = [search.value(sampler.suggest(number, [])) for number in (1, 2, 3)]
    assert len(set(values)) == 3
    assert search.best(sampler, trials=4) == min(values)
