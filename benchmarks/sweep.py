"""What a sweep costs beside its trainings, and whether TPE finds more than luck.

    python benchmarks/sweep.py             # cost and disk of 40 trials on digits, two minutes
    python benchmarks/sweep.py --search    # TPE beside random, 10 seeds each, some five minutes

CPU time counts, of one thread: other work on the machine moves it little. The search trains without
run directories, with the samplers and the fixed lag of `nncli sweep`; a trial is worth the lowest
validation loss of its epochs.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any

from threadpoolctl import threadpool_limits

from nncli.assembly.build import assemble, build
from nncli.config.experiment import Experiment
from nncli.config.load import Source, decode, load, read_root
from nncli.engine.stop import Stop
from nncli.engine.trainer import train
from nncli.errors import Diverged
from nncli.study import executors, sweep
from nncli.study.ended_trial import EndedTrial, Point, State
from nncli.study.given_point import given_point
from nncli.study.samplers import RandomSampler, Sampler
from nncli.study.space_checks import read_checked
from nncli.study.split_cache import cached_split
from nncli.study.tpe import TpeSampler
from nncli.study.watcher import Watcher

TRIALS, AHEAD = 40, 4
CONFIG = """\
data: {{dataset: {dataset}}}
network: {{hidden: [32]}}
training: {{epochs: 15}}
sweep:
  space:
    optimizer.learning_rate: {{low: 1.0e-4, high: 1.0, log: true}}
    network.hidden.0: {{low: 8, high: 128, log: true}}
    training.batch_size: [16, 32, 64, 128]
    optimizer:
      - {{type: sgd, momentum: {{low: 0.5, high: 0.99}}}}
      - adam
  confirm: 0
"""
BARS = {  # of a trial, in ms of CPU; of a study of 40, in MB
    "ask, tell and record": 20,
    "a trial in one process, beyond bare": 150,
    "nncli sweep --workers 1, beyond bare": 150,
    "nncli sweep --workers 2, beyond bare": 150,
    "keep: best": 2.5,
    "keep: all": 10,
}


# ---- cost


@dataclass
class Clock:
    """CPU seconds inside of a function that it takes the place of."""

    of: Callable[..., Any]
    spent: list[float] = field(default_factory=list)

    def __call__(self, *arguments: Any) -> Any:
        began = time.process_time()
        try:
            return self.of(*arguments)
        finally:
            self.spent.append(time.process_time() - began)


def cost(folder: Path, config: Path) -> dict[str, float]:
    """CPU of a trial, in ms: bare, in a sweep of this process, and by `nncli sweep`."""
    study, _, _ = sweep.begin(config, [], folder / "here")
    runs, planner = executors, study.planner  # type: Any, Any
    trial, ask = Clock(runs.run_trial_here), Clock(planner.plan)
    runs.run_trial_here, planner.plan = trial, ask
    began = time.process_time()
    study.run(executors.InProcessExecutor(Stop()), Stop(), Watcher())
    whole = time.process_time() - began
    study.directory.unlock()
    runs.run_trial_here = trial.of
    given = [study.planner.replan(each, []).runs[0].assignments for each in study.trials]
    bare = [_bare(config, [*study.facts.assignments, *each]) for each in given]
    found = {
        "bare: load, build, train": mean(bare),
        "ask": mean(ask.spent),
        "ask, tell and record": (whole - sum(trial.spent)) / TRIALS,
        "a trial in one process, beyond bare": mean(trial.spent) - mean(bare),
    }
    for workers in (1, 2):
        seconds = _command(config, folder / str(workers), "--workers", str(workers)) / TRIALS
        found[f"nncli sweep --workers {workers}, beyond bare"] = seconds - mean(bare)
    return {name: 1e3 * seconds for name, seconds in found.items()}


def _bare(config: Path, assignments: Sequence[str]) -> float:
    """CPU seconds of a training alone."""
    began = time.process_time()
    try:
        for _ in train(build(*load(config, assignments)).job):
            pass
    except Diverged:
        pass
    return time.process_time() - began


def _command(config: Path, runs: Path, *options: str) -> float:
    """CPU seconds of `nncli sweep`, and of all that it starts."""
    command = [sys.executable, "-m", "nncli", "sweep", str(config), "-q", "--runs-dir", str(runs)]
    with _children() as spent:
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
    return spent[0]


@contextmanager
def _children() -> Iterator[list[float]]:
    spent: list[float] = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    yield spent
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def disk(folder: Path, config: Path) -> dict[str, float]:
    """MB of a study's files; one of several names counts once."""
    found = {}
    for keep in ("best", "all"):
        runs = folder / f"keep-{keep}"
        _command(config, runs, "--set", f"sweep.keep={keep}")
        files = {path.stat().st_ino: path.stat().st_size for path in runs.rglob("*.*")}
        found[f"keep: {keep}"] = sum(files.values()) / 1e6
    return found


# ---- search


@dataclass
class Search:
    """A space on a data set, and what its points are worth."""

    text: str
    path: Path = Path("config.yaml")

    def __post_init__(self) -> None:
        self.space = read_checked(read_root(self.text, self.path), self.path)

    def value(self, point: Point) -> float | None:
        """The validation loss of the best epoch; None if it diverges."""
        experiment, places = decode(self.space.assigned(point), self.path, Experiment)
        source = Source(self.path, self.text, places)
        job = assemble(experiment, source, cached_split(experiment, source, 0)).job
        try:
            losses = [report.val_loss for report in train(job)]
        except Diverged:
            return None
        return min(loss for loss in losses if loss is not None)

    def best(self, sampler: Sampler, trials: int = TRIALS) -> float:
        """The best value of so many trials, the first of which is the config as given."""
        history = [self._ended(0, given_point(self.space), self.value({}))]
        for number in range(1, trials):
            point = sampler.suggest(number, history[: max(0, number - AHEAD + 1)])
            history.append(self._ended(number, point, self.value(point)))
        return min(each.value for each in history[1:] if each.value is not None)

    def _ended(self, number: int, point: Point, value: float | None) -> EndedTrial:
        state: State = "diverged" if value is None else "completed"
        return EndedTrial(number, point, state, value)


def compare_samplers(dataset: str, seeds: Sequence[int]) -> None:
    """TPE beside random, seed by seed."""
    search = Search(CONFIG.format(dataset=dataset))
    pairs = []
    for seed in seeds:
        tpe = search.best(TpeSampler(search.space, seed, "minimize"))
        random = search.best(RandomSampler(search.space, seed))
        pairs.append((tpe, random))
        print(f"{dataset}, seed {seed}: tpe {tpe:.4f}, random {random:.4f}", flush=True)
    wins = sum(tpe < random for tpe, random in pairs)
    ratio = median(tpe / random for tpe, random in pairs)
    print(f"{dataset}: tpe better in {wins} of {len(pairs)}, its loss {ratio:.2f}x (median)")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--search", nargs="?", const="digits", metavar="DATASET")
    parser.add_argument("--seeds", default="0-9", help="of the search, from and to")
    given = parser.parse_args()
    if given.search:
        first, last = map(int, given.seeds.split("-"))
        compare_samplers(given.search, range(first, last + 1))
        return
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "digits.yaml"
        config.write_text(CONFIG.format(dataset="digits"))
        for unit, found in (("ms", cost(Path(folder), config)), ("MB", disk(Path(folder), config))):
            for name, amount in found.items():
                bar = BARS.get(name)
                asked = f"  (asked: {bar}, {'met' if amount <= bar else 'short'})" if bar else ""
                print(f"{name:40} {amount:8.2f} {unit}{asked}", flush=True)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
