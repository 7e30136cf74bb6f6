"""The page: sections with inline style and script."""

from collections.abc import Sequence
from string import Template

from nncli import __version__
from nncli.doctor.check import Finding
from nncli.page.embed import asset, json_block, script_hash, whole_page
from nncli.page.markup import Markup, join, tag, text
from nncli.report.facts import Chart, Document, Reproduction
from nncli.report.html.curves import learning_curves, points
from nncli.report.html.data import data
from nncli.report.html.explanations import explanation
from nncli.report.html.influence import influence
from nncli.report.html.network import network
from nncli.report.html.scores import scores
from nncli.report.html.tables import table
from nncli.report.shared_text import worst_table

PACKAGE = "nncli.report"
Section = tuple[str, str, Markup]  # id, heading, content


def html(document: Document) -> str:
    """The complete page of one model."""
    sections: list[Section] = [("scores", "Scores", scores(document.report))]
    if document.charts:
        curves = join(explanation("curves"), learning_curves(document.charts))
        sections.append(("curves", "Learning curves", curves))
    if document.influence is not None:
        task = _task(document)
        found = influence(document.influence, task)
        sections.append(("influence", "Which columns matter", found))
    if document.worst is not None:
        sections.append(("errors", "Worst errors", errors(document)))
    if document.data is not None:
        sections.append(("data", "Data", data(document.data)))
    if document.network is not None:
        sections.append(("model", "Model", network(document.network)))
    sections.append(("again", "Reproducing this", reproduction(document.reproduction)))
    return page(document.title, head(document), sections, document.charts)


def _task(document: Document) -> str:
    report = document.report
    if report.classes:
        return "binary" if len(report.classes) == 2 else "classification"
    return "multilabel" if report.labels else "regression"


def page(title: str, top: Markup, sections: Sequence[Section], charts: Sequence[Chart]) -> str:
    """A page of sections with links to them."""
    links = [tag("a", heading, href=f"#{name}") for name, heading, _ in sections]
    body = [
        tag("section", tag("h2", heading), inside, id=name) for name, heading, inside in sections
    ]
    script = asset(PACKAGE, "report.js")
    content = Template(asset(PACKAGE, "report.html")).substitute(
        heading=tag("h1", title),
        top=top,
        links=join(*links),
        sections=join(*body),
        version=__version__,
        data=json_block(points(charts)),
        script=script,
    )
    return whole_page(
        PACKAGE,
        "report.css",
        title=text(f"{title}: report"),
        body=content.rstrip("\n"),
        scripts=script_hash(script),
    )


def head(document: Document) -> Markup:
    """The verdict, then warnings, then the doctor's findings."""
    parts = [tag("p", *(f"{sentence} " for sentence in document.headline), class_="headline")]
    parts += (
        [tag("ul", *(tag("li", warning) for warning in document.warnings), class_="warnings")]
        if document.warnings
        else []
    )
    if document.findings is None:
        return join(*parts)
    if not document.findings:
        parts.append(
            tag("p", "nncli doctor finds nothing that keeps it from learning.", class_="note")
        )
        return join(*parts)
    items = [_finding(found) for found in document.findings]
    parts += [
        tag("h2", "What the doctor found"),
        explanation("findings"),
        tag("ol", *items, class_="findings"),
    ]
    return join(*parts)


def _finding(found: Finding) -> Markup:
    """A finding: the problem, the edit, and its effect in a trial."""
    edit = tag("code", f"--set {found.edit}")
    tried = f": {found.tried}" if found.tried else ""
    return tag("li", tag("p", found.message), tag("p", "try ", edit, tried))


def errors(document: Document) -> Markup:
    """The section on the worst rows."""
    worst, report = document.worst or (), document.report
    header, rows = worst_table(document)
    for place, row in enumerate(worst):
        rows[place][2] = tag("span", row.predicted, class_="wrong" if row.is_wrong else None)
    none_wrong = not report.targets and not any(row.is_wrong for row in worst)
    said = (
        tag("p", "No row is wrong; these are the ones that it was least sure of.")
        if none_wrong
        else None
    )
    made = table(header, rows, label="Worst rows", kind="worst", is_stacked=True)
    return join(explanation("errors"), said, made)


def reproduction(facts: Reproduction) -> Markup:
    """The section on reproduction: commands, environment and config."""
    commands = [
        join(tag("dt", what), tag("dd", tag("code", command))) for what, command in facts.commands
    ]
    keys = [join(tag("dt", key), tag("dd", value)) for key, value in facts.environment]
    cut = f"\n... and {facts.config_cut:,} more lines" if facts.config_cut else ""
    config = Markup("\n".join(map(text, (facts.config + cut).split("\n"))))
    return join(
        explanation("again"),
        tag("dl", *commands, class_="commands"),
        tag("dl", *keys),
        tag("details", tag("summary", "The config with all defaults"), tag("pre", config)),
    )
