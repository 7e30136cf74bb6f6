"""A report as text: scores beside intervals and baselines, then class by class."""

import numpy as np

from nncli.cli.summary import figure, table
from nncli.evaluation.class_scores import largest
from nncli.evaluation.intervals import FEWEST_ROWS, Standing
from nncli.evaluation.plots import short
from nncli.evaluation.report import Report
from nncli.parts.arrays import Array

MOST_CLASSES = 20  # in a table
WIDEST = 100  # letters of a table whose columns have names


def report_text(report: Report) -> str:
    """Everything `evaluate` prints after the run's path."""
    trained = ": the rows it was trained on, so expect less on new ones"
    blocks = [report.what + (trained if report.name == "train" else ""), _scores(report)]
    verdicts = [line for name in report.baselines for line in _verdict(report, name)]
    blocks += ["\n".join(verdicts)] if verdicts else []
    if report.classes:
        blocks += [_classes(report), _confusion(report)]
    if report.calibration:
        error = figure(round(report.calibration.error, 4))
        blocks.append(f"expected calibration error {error}")
    notes = [f"note: {note}" for note in report.notes()]
    return "\n\n".join([*blocks, *(["\n".join(notes)] if notes else [])])


def _scores(report: Report) -> str:
    """Metrics down; network, interval and baselines across."""
    rows = [["", "network", "95% interval", *report.baselines]]
    for name, value in report.metrics.items():
        estimate = report.intervals.get(name)
        interval = estimate.interval if estimate else None
        words = f"{interval[0]:.4g} to {interval[1]:.4g}" if interval else "-" if estimate else ""
        others = [figure(other.values.get(name)) for other in report.baselines.values()]
        rows.append([name, figure(value), words, *others])
    return table(rows)


def _verdict(report: Report, baseline: str) -> list[str]:
    """Where the network isn't shown to be better than a baseline, in a sentence or two."""
    if report.rows < FEWEST_ROWS:
        return []
    standings = report.standings(baseline)

    def where(wanted: Standing) -> list[str]:
        return [name for name, each in standings.items() if each == wanted]

    lines = []
    if worse := where("worse"):
        lines.append(f"Worse than the {baseline} in {listed(worse)}.")
    if unclear := where("open"):
        chance = f"on {report.rows:,} rows any difference may be chance"
        lines.append(f"No better than the {baseline} in {listed(unclear)}: {chance}.")
    return lines


def listed(names: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _more(report: Report) -> str:
    rest = len(report.classes) - MOST_CLASSES
    return f"\n... and {rest:,} classes with fewer rows, which --json has" if rest > 0 else ""


def _classes(report: Report) -> str:
    rows = [["class", "rows", "precision", "recall", "f1"]]
    for index in largest(report.counts, MOST_CLASSES):
        scores = report.by_class[report.classes[index]]
        shares = (scores.precision, scores.recall, scores.f1)
        shown = [f"{share:.3f}" for share in shares]
        rows.append([short(report.classes[index]), f"{scores.rows:,}", *shown])
    return table(rows) + _more(report)


def _confusion(report: Report) -> str:
    """Counts, with numbers for names across where those would make it too wide."""
    chosen = largest(report.counts, MOST_CLASSES)
    names = [short(report.classes[index]) for index in chosen]
    counts, more = report.counts[np.ix_(chosen, chosen)], []
    if len(chosen) < len(report.classes):
        others = report.counts[chosen].sum(axis=1) - counts.sum(axis=1)
        counts, more = np.column_stack([counts, others]), ["others"]
    text = _matrix(names, [*names, *more], counts)
    if text.index("\n") > WIDEST:
        numbers = [str(number) for number in range(1, len(names) + 1)]
        numbered = [f"{number:>2} {name}" for number, name in enumerate(names, 1)]
        text = _matrix(numbered, [*numbers, *more], counts)
    return f"rows by true class (down) and predicted class (across)\n{text}"


def _matrix(down: list[str], across: list[str], counts: Array) -> str:
    cells = [[f"{count:,}" for count in row] for row in counts.tolist()]
    return table([["", *across], *([name, *row] for name, row in zip(down, cells, strict=True))])
