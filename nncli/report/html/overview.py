"""The page of several runs: scores, differing keys, curves."""

from nncli.page.markup import Markup, join, tag
from nncli.report.facts import Overview
from nncli.report.html.curves import learning_curves
from nncli.report.html.explanations import explanation
from nncli.report.html.page import Section, page
from nncli.report.html.tables import table
from nncli.report.shared_text import MAX_KEYS, score_rows


def overview_html(overview: Overview) -> str:
    """The complete page of several runs."""
    sections: list[Section] = [
        ("scores", "Scores", join(explanation("overview"), *_scores(overview)))
    ]
    if overview.charts:
        curves = join(explanation("curves"), learning_curves(overview.charts))
        sections.append(("curves", "Learning curves", curves))
    notes = tag("ul", *(tag("li", note) for note in overview.notes), class_="warnings")
    top = join(
        tag("p", *(f"{sentence} " for sentence in overview.headline), class_="headline"),
        notes if overview.notes else None,
    )
    return page(overview.title, top, sections, overview.charts)


def _scores(overview: Overview) -> list[Markup]:
    header, rows = score_rows(overview)
    made = table(header, rows, label="Scores of each config", kind="runs", is_stacked=True)
    rest = len(overview.comparison.groups) - len(rows)
    keys = len(overview.comparison.keys) - MAX_KEYS
    notes = [f"{rest:,} more configs are not shown."] if rest > 0 else []
    notes += [f"{keys:,} more keys differ."] if keys > 0 else []
    return [made, *(tag("p", note, class_="note") for note in notes)]
