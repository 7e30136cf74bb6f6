"""Sweeps: a config's trials with other values of some keys, begun or gone on with."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nncli.artifacts.clock import utc_now
from nncli.artifacts.run_directory import CONFIG
from nncli.artifacts.study_directory import StudyDirectory, StudyFacts
from nncli.assembly.build import Built, assemble
from nncli.config.changes import changes
from nncli.config.dump import plain
from nncli.config.experiment import Experiment
from nncli.config.load import Source, load, load_text, read_root
from nncli.config.source_text import problem, read_text
from nncli.config.sweep import SweepKeys
from nncli.errors import ConfigError, NothingLeft, UserError
from nncli.study import tables
from nncli.study.repeats import threads_assignment
from nncli.study.samplers import GridSampler, Sampler, sampler_for
from nncli.study.space import Space
from nncli.study.study import NO_PLOTS, is_done, new_directory, reopened, task_of
from nncli.study.sweep_objective import objective_of
from nncli.study.sweep_planner import SweepPlanner
from nncli.study.sweep_study import SweepStudy
from nncli.study.trials import Direction
from nncli.study.versions import note_on_search, search_versions, versions

OTHER_ROWS = ("seed.split", "data.split", "data.dataset", "data.path")
MORE_TRIALS = "sweep.trials"


def begin(
    config: Path, assignments: Sequence[str], runs_dir: Path | None
) -> tuple[SweepStudy, Built, list[str]]:
    """A new sweep, trial 0 built, and what there is to say about it. Raises UserError."""
    experiment, source = load(config, assignments)
    given = [*assignments, *threads_assignment(experiment), NO_PLOTS]
    experiment, source = load_text(source.text, config, given)
    keys, space = _searched(experiment, source, given)
    whole = tables.split(experiment, source, keys.folds or 0)
    for part in reversed(whole.folds or (whole,)):
        first = assemble(experiment, source, part)
    objective = objective_of(keys, first, space.columns, source)
    facts = StudyFacts(
        kind="sweep",
        config=str(config.absolute()),
        assignments=tuple(given),
        trials=keys.trials,
        folds=keys.folds or 0,
        vary=(),
        ahead=keys.ahead,
        search=_in_words(keys),
        objective=objective.of_trials,
        higher_is_better=objective.higher_is_better,
        keys=space.columns,
        data_sha256="" if _varies_data(space) else whole.table.sha256(),
        versions=versions() | search_versions(keys.method),
        began=utc_now(),
    )
    sampler = sampler_for(keys, space, _direction(facts))
    facts, notes = _bounded(facts, sampler)
    if objective.reason:
        notes.append(f"trials are judged by {objective.of_trials}: {objective.reason}")
    if judged := [key for key in space.columns if key.startswith(OTHER_ROWS) or key == "seed"]:
        notes.append(
            f"{', '.join(judged)}: such trials are judged by other validation rows each, and the "
            "best may just have the easier ones"
        )
    if experiment.ensemble is not None:
        notes.append("a trial is one network: the config's ensemble is trained by best.yaml")
    runs = runs_dir or Path(experiment.output.dir)
    directory = new_directory(runs, f"{experiment.name}-sweep", source.text, experiment, facts)
    return _study(directory, facts, keys, space, sampler), first, notes


def resume(
    path: Path, config: Path | None, assignments: Sequence[str]
) -> tuple[SweepStudy, list[str]]:
    """A sweep that was stopped, or that is to have more trials, and what there is to say about it.

    Raises ConfigError for a key that the config, or `--set`, has otherwise than it began with;
    NothingLeft for one that has come to its end.
    """
    with reopened(path) as (directory, facts):
        if facts.kind != "sweep":
            raise UserError(f"{path}: no sweep: go on with nncli train --resume {path}")
        text = directory.read(CONFIG).decode("utf-8", "replace")
        place = Path(facts.config)
        asked_text, asked_place = (read_text(config), config) if config else (text, place)
        asked = load_text(asked_text, asked_place, [*facts.assignments, *assignments])[0]
        experiment, source = load_text(text, place, facts.assignments)
        facts = _grown(facts, experiment, asked, path)
        keys, space = _searched(experiment, source, facts.assignments)
        tables.recorded(experiment, source, facts.folds, facts.data_sha256)
        sampler = sampler_for(keys, space, _direction(facts))
        facts, _ = _bounded(facts, sampler)
        study = _study(directory, facts, keys, space, sampler)
        if facts.ended and is_done(study.trials, study.planner):
            raise NothingLeft(
                f"{path}: nothing left to do: its {facts.trials} trials are done "
                f"(to go on: --set {MORE_TRIALS}=N, for a larger N)"
            )
        note = note_on_search(facts.versions, keys.method)
        return study, [note] if note else []


def _grown(facts: StudyFacts, began: Experiment, asked: Experiment, path: Path) -> StudyFacts:
    """The facts with as many trials as are asked for now. Raises ConfigError for other changes."""
    why = f"--resume can change {MORE_TRIALS} only"
    found = [problem(str(path), each.key, f"{each} ({why})") for each in changes(began, asked)]
    before, now = _plain_keys(began.sweep), _plain_keys(asked.sweep)
    for key in before.keys() | now.keys():
        if before.get(key) != now.get(key):
            said = f"recorded {before.get(key)}, asked for {now.get(key)} ({why})"
            found.append(problem(str(path), f"sweep.{key}", said))
    trials = asked.sweep.trials if asked.sweep else facts.trials
    if trials < facts.trials and asked.sweep != began.sweep:
        said = f"recorded {facts.trials}, asked for {trials} (it can only grow)"
        found.append(problem(str(path), MORE_TRIALS, said))
    if found:
        raise ConfigError(sorted(found, key=lambda each: each.path))
    return replace(facts, trials=max(trials, facts.trials))


def _plain_keys(keys: SweepKeys | None) -> dict[str, object]:
    """A sweep block as values, but for the one that may change."""
    values = vars(keys) if keys else {}
    found = {key: plain(value) for key, value in values.items() if key not in ("trials", "space")}
    space = keys.space if keys else {}
    return found | {"space": {key: _shown(value) for key, value in space.items()}}


def _shown(value: object) -> str:
    """A range or choices, wherever they stand."""
    from nncli.config.wording import show

    if isinstance(value, list | tuple):
        return f"[{', '.join(show(each) for each in value)}]"
    return str(plain(value))


def _searched(
    experiment: Experiment, source: Source, assignments: Sequence[str]
) -> tuple[SweepKeys, Space]:
    """What is searched, and where. Raises ConfigError."""
    if experiment.sweep is None:
        example = "sweep: {space: {optimizer.learning_rate: {low: 0.001, high: 0.1, log: true}}}"
        raise source.error([("sweep", f"expected what to search, such as '{example}'")])
    return experiment.sweep, Space.read(
        read_root(source.text, source.path, assignments), source.path
    )


def _in_words(keys: SweepKeys) -> dict[str, object]:
    """How it searches, for whoever reads study.json."""
    return {key: plain(value) for key, value in vars(keys).items() if key != "space"}


def _varies_data(space: Space) -> bool:
    return any(key.partition(".")[0] == "data" for key in space.columns)


def _bounded(facts: StudyFacts, sampler: Sampler) -> tuple[StudyFacts, list[str]]:
    """With no more trials than there are points, if these can be counted; and a word about that."""
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
