"""Markdown: a report as a model card."""

import re
from collections.abc import Iterator, Sequence

from nncli.errors import escaped
from nncli.evaluation.class_scores import largest
from nncli.evaluation.formatted_numbers import between, number
from nncli.evaluation.verdicts import verdicts
from nncli.report.facts import (
    ColumnFacts,
    DataFacts,
    Document,
    NetworkFacts,
    Overview,
    Reproduction,
)
from nncli.report.shared_text import about, correlated, score_rows, worst_table

MAX_CLASSES = 12

SPECIAL = re.compile(
    r"[\\`*\[\]<>|~$@]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # at the edge of a word, where it means emphasis
    r"|&(?=#?\w+;)|:(?=//|\w+:)|(?<=www)\.|^[-+=#](?=[\s#=-]|$)|(?<=^\d)[.)](?=\s)"
)


def plain(value: object) -> str:
    """A text with Markdown and HTML syntax escaped.

    >>> print(plain("<b>*x*| roc_auc _y_ 0.5"))
    \\<b\\>\\*x\\*\\| roc_auc \\_y\\_ 0.5
    """
    return SPECIAL.sub(r"\\\g<0>", escaped(str(value)))


def markdown(document: Document) -> str:
    """A model card of one model."""
    blocks = [
        f"# {plain(document.title)}",
        " ".join(map(plain, document.headline)),
        "\n".join(f"- {plain(warning)}" for warning in document.warnings),
        *_findings(document),
        *_scores(document),
        *_curves(document),
        *_influence(document),
        *_errors(document),
        *(_data(document.data) if document.data else ()),
        *(_network(document.network) if document.network else ()),
        *_reproduction(document.reproduction),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def overview_markdown(overview: Overview) -> str:
    """The report of several runs."""
    header, rows = score_rows(overview)
    blocks = [
        f"# {plain(overview.title)}",
        " ".join(map(plain, overview.headline)),
        "\n".join(f"- {plain(note)}" for note in overview.notes),
        table(header, rows),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def table(header: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    """A table in GitHub's syntax."""
    lines = [[plain(cell) for cell in row] for row in (header, *rows)]
    lines.insert(1, ["---"] * len(header))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _findings(document: Document) -> Iterator[str]:
    if document.findings:
        yield "## What the doctor found"
        for found in document.findings:
            tried = f": {plain(found.tried)}" if found.tried else ""
            yield f"- {plain(found.message)}\n  try `--set {_code(str(found.edit))}`{tried}"


def _code(text: str) -> str:
    """A text to be put in backticks, without backticks of its own."""
    return escaped(text).replace("`", "'")


def _scores(document: Document) -> Iterator[str]:
    report = document.report
    rows = []
    for name, value in report.metrics.items():
        estimate = report.intervals.get(name)
        words = between(estimate.interval if estimate else None)
        others = [number(other.values.get(name)) for other in report.baselines.values()]
        rows.append([name, number(value), words, *others])
    yield "## Scores"
    yield table([report.what, "network", "95% interval", *report.baselines], rows)
    said = [line for name in report.baselines for line in verdicts(report, name)]
    yield "\n".join(map(plain, said))
    yield "\n".join(f"- {plain(note)}" for note in report.notes())
    yield "\n".join(f"- {plain(each)}" for each in report.coverage)
    if report.decided:
        yield plain(f"Decision: {report.decided}")
    if report.classes:
        chosen = largest(report.counts, MAX_CLASSES)
        names = [report.classes[index] for index in chosen]
        counts = [[names[i], *report.counts[c][chosen].tolist()] for i, c in enumerate(chosen)]
        yield table(["true (down), predicted (across)", *names], counts)
    if report.labels:
        found = report.of_labels.by_label
        rows = [[n, f"{s.rows:,}", f"{s.f1:.3f}", f"{s.accuracy:.3f}"] for n, s in found.items()]
        yield table(["label", "rows", "f1", "accuracy"], rows[:30])
    if report.calibration:
        yield f"Expected calibration error {report.calibration.error:.3g}."


def _curves(document: Document) -> Iterator[str]:
    rows = []
    for chart in document.charts:
        for line in chart.lines:
            best = (
                ""
                if line.best is None
                else f"{line.values[line.best]:.4g} ({line.epochs[line.best]:.0f})"
            )
            last = f"{line.values[-1]:.4g} ({line.epochs[-1]:.0f})"
            rows.append([chart.metric, line.name, f"{line.values[0]:.4g}", best, last])
    if rows:
        of = "run" if document.charts[0].are_runs else "rows"
        yield "## Learning curves"
        yield table(["metric", of, "at first", "best (epoch)", "at last (epoch)"], rows)


def _influence(document: Document) -> Iterator[str]:
    if (found := document.influence) is None:
        return
    importance = found.importance
    yield "## Which columns matter"
    yield "By how much the loss grows when a column's values are shuffled among the rows."
    yield plain(about(importance))
    rows = [[c.name, f"{c.mean:.3g}", f"± {c.deviation:.1g}"] for c in importance.columns]
    yield table(["column", "importance", "spread"], rows)
    if found.correlated:
        yield plain(correlated(found))


def _errors(document: Document) -> Iterator[str]:
    if not document.worst:
        return
    yield "## Worst errors"
    yield table(*worst_table(document))


def _data(facts: DataFacts) -> Iterator[str]:
    parts = ", ".join(f"{count:,} {name}" for name, count in facts.rows.items())
    yield "## Data"
    yield f"{plain(facts.source)}: {parts} rows, {facts.of_columns:,} features."
    yield f"SHA-256 `{facts.sha256}`."
    for target in facts.targets:
        names = [name for name in facts.rows if name in target.counts]
        rows = [[w, *(target.counts[n][i] for n in names)] for i, w in enumerate(target.words)]
        if rows:
            yield table([f"target {target.name}", *names], rows[:MAX_CLASSES])
        elif target.histogram:
            yield f"Target {plain(target.name)}: {target.histogram.low} to {target.histogram.high}."
    cells = [[c.name, c.kind, f"{c.missing:,}", c.fill, _values(c)] for c in facts.columns]
    yield table(["feature", "kind", "missing", "filled with", "values"], cells)
    if facts.of_columns > len(cells):
        yield f"{facts.of_columns - len(cells):,} more features are not shown."
    yield "\n".join(f"- left out: {plain(name)} {plain(why)}" for name, why in facts.left_out)


def _values(column: ColumnFacts) -> str:
    if column.histogram:
        return f"{column.histogram.low} to {column.histogram.high}"
    rest = column.of_categories - len(column.counts)
    said = ", ".join(f"{word} {count:,}" for word, count in column.counts)
    return said + (f" and {rest:,} more" if rest > 0 else "")


def _network(facts: NetworkFacts) -> Iterator[str]:
    rows = [["input", "", f"{facts.inputs:,}", ""]]
    rows += [[la.name, la.what, f"{la.units:,}", f"{la.parameters:,}"] for la in facts.layers]
    yield "## Model"
    yield table(["layer", "what", "units", "parameters"], rows)
    yield f"{facts.parameters:,} parameters are trained."
    yield "\n".join(f"- {key}: {plain(value)}" for key, value in facts.keys)


def _reproduction(facts: Reproduction) -> Iterator[str]:
    yield "## Reproducing this"
    yield "\n".join(f"- {what}: `{_code(command)}`" for what, command in facts.commands)
    yield "\n".join(f"- {key}: {plain(value)}" for key, value in facts.environment)
    lines = (
        facts.config + (f"\n... {facts.config_cut:,} more lines" if facts.config_cut else "")
    ).split("\n")
    fence = "~~~"
    while any(fence in line for line in lines):
        fence += "~"
    yield "\n".join([f"{fence}yaml", *map(escaped, lines), fence])
