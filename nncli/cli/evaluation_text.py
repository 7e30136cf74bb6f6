"""Evaluation text: what `nncli evaluate` prints of a report."""

from typing import TYPE_CHECKING

from nncli.cli.label_table import label_table
from nncli.cli.text_table import figure, from_to, table
from nncli.errors import escaped

if TYPE_CHECKING:
    from nncli.evaluation.report import Report
    from nncli.parts.arrays import Array

MAX_CLASSES = 20  # in a table
MAX_WIDTH = 100  # characters of a table, up to which its columns have names


def evaluation_text(report: "Report") -> str:
    """Scores beside intervals and baselines, then class by class."""
    from nncli.evaluation.verdicts import verdicts

    trained = ": the rows it was trained on, so expect less on new ones"
    blocks = [escaped(report.what) + (trained if report.name == "train" else "")]
    blocks += [f"decision: {escaped(report.decided)}"] if report.decided else []
    blocks.append(_scores(report))
    blocks += [f"{report.best.words}."] if report.best else []
    lines = [line for name in report.baselines for line in verdicts(report, name)]
    blocks += ["\n".join(lines)] if lines else []
    if report.classes:
        blocks += [_classes(report), _confusion(report)]
    if report.labels:
        blocks.append(label_table(report, MAX_CLASSES))
    if report.coverage:
        blocks.append("\n".join(escaped(str(each)) for each in report.coverage))
    if report.calibration:
        error = figure(round(report.calibration.error, 4))
        blocks.append(f"expected calibration error {error}")
    notes = [escaped(f"note: {note}") for note in report.notes()]
    return "\n\n".join([*blocks, *(["\n".join(notes)] if notes else [])])


def _scores(report: "Report") -> str:
    """Metrics down; network, interval and baselines across."""
    rows = [["", "network", "95% interval", *report.baselines]]
    for name, value in report.metrics.items():
        estimate = report.intervals.get(name)
        interval = estimate.interval if estimate else None
        words = from_to(interval) if interval else "-" if estimate else ""
        others = [figure(other.values.get(name)) for other in report.baselines.values()]
        rows.append([name, figure(value), words, *others])
    return table(rows)


def _rest(report: "Report") -> str:
    rest = len(report.classes) - MAX_CLASSES
    return f"\n... and {rest:,} classes with no more rows, which --json has" if rest > 0 else ""


def _classes(report: "Report") -> str:
    from nncli.artifacts.figure_style import short
    from nncli.evaluation.class_scores import largest

    rows = [["class", "rows", "precision", "recall", "f1"]]
    for index in largest(report.counts, MAX_CLASSES):
        scores = report.by_class[report.classes[index]]
        shares = (scores.precision, scores.recall, scores.f1)
        shown = [f"{share:.3f}" for share in shares]
        rows.append([short(report.classes[index]), f"{scores.rows:,}", *shown])
    return table(rows) + _rest(report)


def _confusion(report: "Report") -> str:
    """Counts, with numbers for names across where those would make it too wide."""
    import numpy as np

    from nncli.artifacts.figure_style import short
    from nncli.evaluation.class_scores import largest

    chosen = largest(report.counts, MAX_CLASSES)
    names = [short(report.classes[index]) for index in chosen]
    counts, more = report.counts[np.ix_(chosen, chosen)], []
    if len(chosen) < len(report.classes):
        others = report.counts[chosen].sum(axis=1) - counts.sum(axis=1)
        counts, more = np.column_stack([counts, others]), ["others"]
    text = _matrix(names, [*names, *more], counts)
    if text.index("\n") > MAX_WIDTH:
        numbers = [str(number) for number in range(1, len(names) + 1)]
        numbered = [f"{number:>2} {name}" for number, name in enumerate(names, 1)]
        text = _matrix(numbered, [*numbers, *more], counts)
    return f"rows by true class (down) and predicted class (across)\n{text}"


def _matrix(down: list[str], across: list[str], counts: "Array") -> str:
    cells = [[f"{count:,}" for count in row] for row in counts.tolist()]
    return table([["", *across], *([name, *row] for name, row in zip(down, cells, strict=True))])
