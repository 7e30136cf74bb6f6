"""Model document: collect what a report says about a trained model, a run or an ensemble."""

from collections.abc import Sequence

from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.trained_model import TrainedModel
from nncli.assembly.build import Built, table_warnings
from nncli.config.dump import part_in_words
from nncli.data.data_checks import rowless_classes
from nncli.doctor.diagnose import diagnose_reader
from nncli.engine.stop_reason import why_unfinished
from nncli.errors import few
from nncli.evaluation.report import SPLITS, Report
from nncli.evaluation.scoring import evaluate
from nncli.evaluation.verdicts import headline
from nncli.evaluation.worst_rows import short_place, worst_rows
from nncli.influence.influence import Influence, influence_of
from nncli.influence.predictor import raw_predictor
from nncli.parts.arrays import Array
from nncli.report.curves import charts_of, overlaid
from nncli.report.data_facts import data_facts
from nncli.report.facts import Chart, Document
from nncli.report.network_facts import network_facts
from nncli.report.reproduction import reproduction

MAX_CELLS = 8  # of a worst row, in the most important columns
MAX_WARNINGS = 12
_UNTRAINED = "no epoch was better on the validation rows than epoch 0: these are untrained weights"


def document_of(trained: TrainedModel, *, has_rows: bool = True) -> Document:
    """The document of a trained model. has_rows: whether single rows may be shown."""
    built, parts = trained.built, trained.splits
    name = next(name for name in SPLITS if name in parts)
    report = evaluate(trained, trained.chosen_rows(name))
    influence = _influence(trained, parts[name]) if report.is_finite else None
    networks = trained.networks
    worst = None
    if has_rows:
        columns = [*built.table.features][:MAX_CELLS]
        if influence is not None:
            columns = [column.name for column in influence.importance.columns][:MAX_CELLS]
        worst = worst_rows(report, built.table, parts[name], columns)
    return Document(
        trained.name,
        tuple(headline(report)),
        _warnings(trained, report),
        tuple(diagnose_reader(networks[0]).findings) if len(networks) == 1 else None,
        report,
        _charts(networks),
        influence,
        worst,
        data_facts(built, _source(built)),
        network_facts(built, len(networks)),
        reproduction(trained),
    )


def _charts(networks: Sequence[RunReader]) -> tuple[Chart, ...]:
    """Training and validation curves of one network, or the validation curves of several."""
    curves = [reader.curves() for reader in networks]
    if len(curves) == 1:
        return charts_of(curves[0])
    return overlaid(curves, curves[0].scores)


def _influence(trained: TrainedModel, scored: Array) -> Influence:
    built = trained.built
    return influence_of(
        raw_predictor(trained, built.table),
        built.table,
        scored,
        built.rows.train,
        seed=built.experiment.seeds.split,
        work=len(trained.networks) * (built.network.layout.trainable + built.preprocessing.width),
    )


def _warnings(trained: TrainedModel, report: Report) -> tuple[str, ...]:
    """Reasons to trust the scores less than their numbers suggest."""
    built = trained.built
    experiment, warnings = built.experiment, []
    if how := why_unfinished(trained.summary().get("stopped")):
        warnings.append(f"training {how}; these are the last weights it kept")
    warnings += [_UNTRAINED] if _is_untrained(trained) else []
    if not report.is_finite:
        warnings.append("predictions are not all finite: charts and importance are left out")
    if report.name == "train":
        warnings.append("scored on the rows it was trained on: expect less on new ones")
    if report.name == "val" and experiment.training.early_stopping is not None:
        warnings.append("scored on the validation rows, by which training was stopped")
    found = table_warnings(experiment, built.table, built.rows)
    warnings += [_short(line, built) for line in found]
    warnings += rowless_classes(built.table)
    more = [f"and {len(warnings) - MAX_WARNINGS:,} more"] if len(warnings) > MAX_WARNINGS else []
    return (*warnings[:MAX_WARNINGS], *more)


def _is_untrained(trained: TrainedModel) -> bool:
    """Whether early stopping restored the initial weights."""
    stopping, summary = trained.built.experiment.training.early_stopping, trained.summary()
    keeps_best = stopping is not None and stopping.restore_best_weights
    return keeps_best and summary.get("best_epoch") == 0 and summary.get("stopped") != "diverged"


def _short(line: str, built: Built) -> str:
    """A warning in which file names stand without their folders."""
    for name, _ in built.table.origin.files if built.table.origin else ():
        line = line.replace(f"{name}:", f"{short_place(name)}:")
    return line


def _source(built: Built) -> str:
    data, origin = built.experiment.data, built.table.origin
    if data.dataset is not None:
        return part_in_words(data.dataset)
    files = origin.files if origin else ()
    return few([short_place(name) for name, _ in files])
