"""Tables: general ones, and the confusion matrix."""

from collections.abc import Sequence

from nncli.evaluation.class_scores import largest
from nncli.evaluation.report import Report
from nncli.page.markup import Markup, join, tag
from nncli.report.shared_text import more

MAX_CLASSES = 12
MAX_NAMED = 5  # more classes are numbered above their columns


def table(
    header: Sequence[object],
    rows: Sequence[Sequence[object]],
    *,
    label: str,
    kind: str = "",
    is_stacked: bool = False,
) -> Markup:
    """A table whose first column has the rows' names. label: alternative text.

    is_stacked: whether a narrow page shows each row as a block, with headers beside the cells.
    """
    head = tag("tr", *(tag("th", each, scope="col") for each in header))
    body = [
        tag(
            "tr",
            tag("th", row[0], scope="row"),
            *(
                tag("td", cell, data_of=str(name) if is_stacked else None)
                for name, cell in zip(header[1:], row[1:], strict=True)
            ),
        )
        for row in rows
    ]
    kinds = f"{kind} stacked" if is_stacked else kind or None
    made = tag("table", tag("thead", head), tag("tbody", *body), class_=kinds)
    return scrolling(made, label)


def scrolling(inside: object, label: str) -> Markup:
    """A block that scrolls horizontally, also by keyboard."""
    return tag("div", inside, class_="scroll", role="region", aria_label=label, tabindex="0")


def rest(count: int, what: str) -> Markup | None:
    """A note on the number of items left out; None for none."""
    return tag("p", said, class_="note") if (said := more(count, what)) else None


def confusion(report: Report) -> Markup:
    """The confusion matrix with percentages by row; of many classes the most frequent."""
    chosen = largest(report.counts, MAX_CLASSES)
    names = [report.classes[index] for index in chosen]
    is_cut = len(chosen) < len(report.classes)
    across = names if len(names) <= MAX_NAMED else [str(n) for n in range(1, len(names) + 1)]
    down = names if len(names) <= MAX_NAMED else [f"{n} {name}" for n, name in enumerate(names, 1)]
    header = ["true ↓ predicted →", *across, *(["others"] if is_cut else []), "rows"]
    rows = []
    for place, index in enumerate(chosen):
        counts = report.counts[index]
        total, shown = int(counts.sum()), counts[chosen].tolist()
        cells = [_count(c, total, is_right=i == place) for i, c in enumerate(shown)]
        others = [_count(total - sum(shown), total, is_right=False)] if is_cut else []
        rows.append([down[place], *cells, *others, tag("span", f"{total:,}", class_="count")])
    made = table(header, rows, label="Rows by true and predicted class", kind="confusion")
    return join(made, rest(len(report.classes) - len(chosen), "class"))


def _count(count: int, total: int, *, is_right: bool) -> Markup:
    """A cell: count and share of the row, tinted by the share."""
    share = count / total if total else 0.0
    sign = "positive" if is_right else "negative"
    shade = f"--sign:var(--{sign});--share:{share:.3f}" if count else None
    per_cent = tag("small", f"{share:.0%}") if count else ""
    return tag("span", f"{count:,}", per_cent, class_="count", style=shade)
