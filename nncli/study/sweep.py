"""Sweeps: search over values of some config keys; create or resume one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nncli.artifacts.clock import utc_now
from nncli.artifacts.study_directory import StudyDirectory, StudyFacts
from nncli.assembly.build import Built
from nncli.config.changes import changes
from nncli.config.dump import plain
from nncli.config.experiment import Experiment
from nncli.config.load import Source, load_text, read_root
from nncli.config.source_text import problem, read_text
from nncli.config.sweep_keys import SweepKeys
from nncli.errors import ConfigError, NothingLeft, UserError
from nncli.study.ended_trial import Direction
from nncli.study.samplers import GridSampler, Sampler, sampler_for
from nncli.study.space import Space
from nncli.study.space_checks import read_checked
from nncli.study.split_cache import cached_split, recorded_split
from nncli.study.study import (
    NO_PLOTS,
    assemble_runs,
    is_done,
    new_directory,
    recorded_config,
    reopened,
    study_config,
    task_of,
)
from nncli.study.sweep_objective import objective_of
from nncli.study.sweep_planner import SweepPlanner
from nncli.study.sweep_study import SweepStudy
from nncli.study.versions import note_on_search, search_versions, versions

KEYS_OF_ROWS = ("seed.split", "data.split", "data.dataset", "data.path")
TRIALS_KEY = "sweep.trials"


def begin(
    config: Path, assignments: Sequence[str], runs_dir: Path | None
) -> tuple[SweepStudy, Built, list[str]]:
    """Create a sweep; returns it, trial 0 built, and notes for the user. Raises UserError."""
    experiment, source, given = study_config(config, assignments, NO_PLOTS)
    keys, space = _read_space(experiment, source, given)
    whole = cached_split(experiment, source, keys.folds or 0)
    first = assemble_runs(experiment, source, whole)
    objective = objective_of(keys, first, space.columns, source)
    facts = StudyFacts(
        kind="sweep",
        config=str(config.absolute()),
        assignments=tuple(given),
        trials=keys.trials,
        folds=keys.folds or 0,
        vary=(),
        ahead=keys.ahead,
        search=_search_record(keys),
        objective=objective.of_trials,
        higher_is_better=objective.higher_is_better,
        keys=space.columns,
        data_sha256="" if _varies_data(space) else whole.table.sha256(),
        versions=versions() | search_versions(keys.method),
        began=utc_now(),
    )
    sampler = sampler_for(keys, space, _direction(facts))
    facts, notes = _limited_to_grid(facts, sampler)
    if objective.reason:
        notes.append(f"trials are judged by {objective.of_trials}: {objective.reason}")
    if judged := [key for key in space.columns if key.startswith(KEYS_OF_ROWS) or key == "seed"]:
        notes.append(
            f"{', '.join(judged)}: such trials are judged by other validation rows each, and the "
            "best may just have the easier ones"
        )
    if experiment.ensemble is not None:
        notes.append("a trial is one network: the config's ensemble is trained by best.yaml")
    directory = new_directory(runs_dir, f"{experiment.name}-sweep", source.text, experiment, facts)
    return _study(directory, facts, keys, space, sampler), first, notes


def resume(
    path: Path, config: Path | None, assignments: Sequence[str]
) -> tuple[SweepStudy, list[str]]:
    """Resume a sweep, perhaps with more trials; returns it and notes for the user.

    Raises ConfigError if the config or `--set` changes any other key, NothingLeft if it has ended.
    """
    with reopened(path) as (directory, facts):
        if facts.kind != "sweep":
            raise UserError(f"{path}: no sweep: go on with nncli train --resume {path}")
        experiment, source = recorded_config(directory, facts)
        text, place = (read_text(config), config) if config else (source.text, source.path)
        asked = load_text(text, place, [*facts.assignments, *assignments])[0]
        facts = _with_asked_trials(facts, experiment, asked, path)
        keys, space = _read_space(experiment, source, facts.assignments)
        recorded_split(experiment, source, facts.folds, facts.data_sha256)
        sampler = sampler_for(keys, space, _direction(facts))
        facts, _ = _limited_to_grid(facts, sampler)
        study = _study(directory, facts, keys, space, sampler)
        if facts.ended and is_done(study.trials, study.planner):
            raise NothingLeft(
                f"{path}: nothing left to do: its {facts.trials} trials are done "
                f"(to go on: --set {TRIALS_KEY}=N, for a larger N)"
            )
        note = note_on_search(facts.versions, keys.method)
        return study, [note] if note else []


def _with_asked_trials(
    facts: StudyFacts, began: Experiment, asked: Experiment, path: Path
) -> StudyFacts:
    """The facts with the asked number of trials. Raises ConfigError for other changes."""
    why = f"--resume can change {TRIALS_KEY} only"
    found = [problem(str(path), each.key, f"{each} ({why})") for each in changes(began, asked)]
    before, now = _plain_keys(began.sweep), _plain_keys(asked.sweep)
    for key in before.keys() | now.keys():
        if before.get(key) != now.get(key):
            said = f"recorded {before.get(key)}, asked for {now.get(key)} ({why})"
            found.append(problem(str(path), f"sweep.{key}", said))
    trials = asked.sweep.trials if asked.sweep else facts.trials
    if trials < facts.trials and asked.sweep != began.sweep:
        said = f"recorded {facts.trials}, asked for {trials} (it can only grow)"
        found.append(problem(str(path), TRIALS_KEY, said))
    if found:
        raise ConfigError(sorted(found, key=lambda each: each.path))
    return replace(facts, trials=max(trials, facts.trials))


def _plain_keys(keys: SweepKeys | None) -> dict[str, object]:
    """A sweep block as plain values, without `trials`, which may change."""
    values = vars(keys) if keys else {}
    found = {key: plain(value) for key, value in values.items() if key not in ("trials", "space")}
    space = keys.space if keys else {}
    return found | {"space": {key: _shown(value) for key, value in space.items()}}


def _shown(value: object) -> str:
    """A range or choices as text, without their place."""
    from nncli.config.wording import show

    if isinstance(value, list | tuple):
        return f"[{', '.join(show(each) for each in value)}]"
    return str(plain(value))


def _read_space(
    experiment: Experiment, source: Source, assignments: Sequence[str]
) -> tuple[SweepKeys, Space]:
    """The sweep block and its search space. Raises ConfigError."""
    if experiment.sweep is None:
        example = "sweep: {space: {optimizer.learning_rate: {low: 0.001, high: 0.1, log: true}}}"
        raise source.error([("sweep", f"expected what to search, such as '{example}'")])
    return experiment.sweep, read_checked(
        read_root(source.text, source.path, assignments), source.path
    )


def _search_record(keys: SweepKeys) -> dict[str, object]:
    """The sweep block without its space, for study.json."""
    return {key: plain(value) for key, value in vars(keys).items() if key != "space"}


def _varies_data(space: Space) -> bool:
    return any(key.partition(".")[0] == "data" for key in space.columns)


def _limited_to_grid(facts: StudyFacts, sampler: Sampler) -> tuple[StudyFacts, list[str]]:
    """Limit the trials to the size of a grid; returns the facts and a note on it."""
    if not isinstance(sampler, GridSampler):
        return facts, []
    count, combinations = sampler.count, sampler.combinations
    trials, is_among = min(facts.trials, count + 1), combinations > count
    of_them = f"{trials - (not is_among):,} of them are tried: sweep.trials"
    tried = "all are tried" if trials > count else of_them
    first = "the config as given among them" if is_among else "and the config as given"
    return replace(facts, trials=trials), [f"{combinations:,} combinations, {first}; {tried}"]


def _direction(facts: StudyFacts) -> Direction:
    return "maximize" if facts.higher_is_better else "minimize"


def _study(
    directory: StudyDirectory, facts: StudyFacts, keys: SweepKeys, space: Space, sampler: Sampler
) -> SweepStudy:
    task, column = task_of(directory, facts), facts.logged_objective
    planner = SweepPlanner(facts.trials, keys, space, sampler, _direction(facts), column, task.path)
    return SweepStudy(directory, facts, task, planner, directory.trials(facts))
