"""The section on scores: a table with baselines, and charts for the task."""

from nncli.evaluation.class_scores import Calibration, largest
from nncli.evaluation.formatted_numbers import between, number
from nncli.evaluation.report import Report
from nncli.evaluation.verdicts import verdicts
from nncli.page.markup import Markup, breakable, join, tag
from nncli.parts.arrays import Array, evenly_spaced
from nncli.report.html.charts import dots, figure, frame, path, side_by_side
from nncli.report.html.explanations import explanation
from nncli.report.html.scale import SPAN, Scale
from nncli.report.html.tables import MAX_CLASSES, confusion, table
from nncli.report.shared_text import more

MAX_DOTS = 1_500  # of a page
MAX_TARGETS = 4
MAX_LABELS = 30


def scores(report: Report) -> Markup:
    """The section."""
    said = [line for name in report.baselines for line in verdicts(report, name)]
    decided = [tag("p", f"Decision: {report.decided}", class_="note")] if report.decided else []
    notes = [tag("p", note, class_="note") for note in report.notes()]
    return join(
        explanation("scores"),
        _table(report),
        *(tag("p", sentence) for sentence in said),
        *decided,
        *(tag("p", each) for each in report.coverage),
        *notes,
        *_of_task(report),
    )


def _table(report: Report) -> Markup:
    """The table of metrics; the strongest baselines first, as a phone shows few columns."""
    baselines, rows = list(report.baselines.items())[::-1], []
    for name, value in report.metrics.items():
        estimate = report.intervals.get(name)
        words = between(estimate.interval if estimate else None)
        own = join(number(value), tag("small", words) if words else None)
        others = [number(other.values.get(name)) for _, other in baselines]
        rows.append([breakable(name), own, *others])
    names = [name for name, _ in baselines]
    header = [report.what, join("network", tag("small", "95% interval")), *names]
    return table(header, rows, label="Scores beside baselines", kind="numbers scores")


def _of_task(report: Report) -> list[Markup]:
    if report.classes:
        parts = [
            tag("h3", "Class by class"),
            explanation("confusion"),
            confusion(report),
            _classes(report),
        ]
    elif report.labels:
        parts = [tag("h3", "Label by label"), _labels(report)]
    else:
        return _numbers(report) if report.is_finite else []
    if report.calibration is not None:
        parts += [
            tag("h3", "Calibration"),
            explanation("calibration"),
            _calibration(report.calibration),
        ]
    return parts


def _classes(report: Report) -> Markup:
    shown = [report.classes[index] for index in largest(report.counts, MAX_CLASSES)]
    rows = []
    for name in shown:
        found = report.by_class[name]
        shares = [f"{share:.3f}" for share in (found.precision, found.recall, found.f1)]
        rows.append([name, f"{found.rows:,}", *shares])
    header = ["class", "rows", "precision", "recall", "f1"]
    return table(header, rows, label="Scores of each class", kind="numbers")


def _labels(report: Report) -> Markup:
    found = report.of_labels
    every = [*found.averages.items(), *list(found.by_label.items())[:MAX_LABELS]]
    rows = [
        [name, f"{each.rows:,}", *(f"{value:.3f}" for value in _shares(each))]
        for name, each in every
    ]
    header = ["label", "rows", "precision", "recall", "f1", "roc_auc", "accuracy"]
    made = table(header, rows, label="Scores of each label", kind="numbers")
    rest = more(len(found.by_label) - MAX_LABELS, "label")
    whole = (
        f"All labels of a row are right in {found.subset_accuracy:.1%} of the rows; "
        f"{found.hamming_loss:.1%} of all labels are wrong."
    )
    return join(made, tag("p", rest, class_="note") if rest else None, tag("p", whole))


def _shares(of_label: object) -> list[float]:
    names = ("precision", "recall", "f1", "roc_auc", "accuracy")
    return [float(getattr(of_label, name)) for name in names]


def _calibration(found: Calibration) -> Markup:
    places = zip(found.probability.tolist(), found.share.tolist(), strict=True)
    points = dots((SPAN.place(a), SPAN.place(b)) for a, b in places)
    made = frame(
        [_diagonal(), tag("path", class_="dots", d=points, style="--c:var(--c0)")],
        SPAN,
        SPAN,
        names=("probability that was predicted", "share that came true"),
        about=f"calibration: {len(found.rows)} bins, expected error {found.error:.3g}",
        kind="square",
    )
    return figure(f"Expected calibration error {found.error:.3g}", made)


def _diagonal() -> Markup:
    """The diagonal line."""
    return tag("path", class_="line reference", d=path([(0.0, 0.0), (1.0, 1.0)]))


def _numbers(report: Report) -> list[Markup]:
    """Charts of predicted over true values, and of residuals, for the first targets."""
    targets = report.targets[:MAX_TARGETS]
    most = MAX_DOTS // (2 * len(targets))
    chosen = evenly_spaced(report.rows, most)
    parts = [tag("h3", "Row by row"), explanation("numbers")]
    for place, name in enumerate(targets):
        true, given = report.truth[chosen, place], report.predictions[chosen, place].astype(float)
        parts.append(side_by_side(_predicted(name, true, given), _residuals(name, true, given)))
    if len(chosen) < report.rows:
        parts.append(tag("p", f"{len(chosen):,} of {report.rows:,} rows are drawn.", class_="note"))
    if len(report.targets) > len(targets):
        rest = more(len(report.targets) - len(targets), "target", "drawn")
        parts.append(tag("p", rest, class_="note"))
    return parts


def _predicted(name: str, true: Array, given: Array) -> Markup:
    scale = Scale.of([*true.tolist(), *given.tolist()])
    points = dots(
        zip(map(scale.place, true.tolist()), map(scale.place, given.tolist()), strict=True)
    )
    drawn = [_diagonal(), tag("path", class_="dots cloud", d=points)]
    about = f"predicted over true {name}, {len(true):,} rows"
    made = frame(drawn, scale, scale, names=(f"true {name}", "predicted"), about=about)
    return figure("Predicted and true", made)


def _residuals(name: str, true: Array, given: Array) -> Markup:
    off = (given - true).tolist()
    x, y = Scale.of(given.tolist()), Scale.of([*off, 0.0])
    zero = 1000 * (1 - y.place(0.0))
    points = dots(zip(map(x.place, given.tolist()), map(y.place, off), strict=True))
    drawn = [
        tag("path", class_="line reference", d=f"M0 {zero:.0f}H1000"),
        tag("path", class_="dots cloud", d=points),
    ]
    about = f"predicted less true {name}, over predicted"
    made = frame(drawn, x, y, names=(f"predicted {name}", "predicted - true"), about=about)
    return figure("What is left", made)
