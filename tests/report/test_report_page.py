"""The page of a report: one file, small, whole, the same every time, with cells as text only."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_runs import CONFIGS, EVIL, IMAGE

from nncli.report.facts import LayerFacts, NetworkFacts
from nncli.report.html.network import drawing
from nncli.report.html.page import html
from nncli.report.html.scale import Scale, short_number
from nncli.report.markdown import markdown

NNCLI = Path(__file__).parents[2] / "nncli"
MAX_PAGE_BYTES = 150_000  # bytes
ELEMENTS = {
    *("html", "head", "meta", "title", "link", "style", "body", "header", "h1", "h2", "h3", "p"),
    *("details", "summary", "nav", "a", "main", "section", "div", "span", "small", "b", "code"),
    *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "svg", "path", "rect"),
    *("line", "circle", "ol", "ul", "li", "dl", "dt", "dd", "pre", "footer", "script", "label"),
    *("select", "option", "input", "wbr"),
}


class Read(HTMLParser):
    """Elements, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "link", "input", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_page_is_whole_and_small_and_of_known_elements(facts_of, name):
    page = html(facts_of(name))
    assert len(page.encode()) < MAX_PAGE_BYTES
    read = Read(page)
    assert read.open == []
    assert set(read.elements) <= ELEMENTS
    assert read.elements.count("script") == 2
    assert not {each for each in read.attributes if each.startswith(("on", "src"))}
    own = page.replace("http://evil.example", "").replace("https://evil.example", "")
    assert not re.search(r"https?:|@import|\burl\(|\bsrc=", own.replace("src=x", ""))
    assert "default-src 'none'" in page
    drawn = re.findall(r' (?:d|style|width|x1|x2|cx)="([^"]*)"', page)
    assert not [each for each in drawn if "nan" in each or "inf" in each]


def test_names_are_text_and_nothing_else(facts_of):
    read = Read(html(facts_of("hostile")))
    assert EVIL in read.texts
    assert IMAGE in read.texts


def test_equal_facts_give_equal_bytes(facts_of):
    assert html(facts_of("hostile")) == html(facts_of("hostile"))


def test_every_heading_has_its_folded_explanation(facts_of):
    page = html(facts_of("hostile"))
    for section in page.split("<section")[1:]:
        assert "<summary>How to read this</summary>" in section
    headings = re.findall(r"<section[^>]*><h2>([^<]+)", page)
    assert headings == [
        "Scores",
        "Learning curves",
        "Which columns matter",
        "Worst errors",
        "Data",
        "Model",
        "Reproducing this",
    ]


def test_what_a_model_lacks_is_left_out(facts_of):
    """One that was averaged from others has a report, and may have nothing else."""
    document = replace(
        facts_of("classes"),
        findings=None,
        charts=(),
        influence=None,
        worst=None,
        data=None,
        network=None,
    )
    page = html(document)
    assert re.findall(r"<section[^>]*><h2>([^<]+)", page) == ["Scores", "Reproducing this"]
    assert "doctor" not in page.partition("<main>")[0].partition("</style>")[2]


def test_rows_can_be_left_out(facts_of):
    document = facts_of("hostile")
    assert re.search(r"t\.csv:\d", html(document))
    assert not re.search(r"t\.csv:\d", html(replace(document, worst=None)))


@pytest.mark.parametrize("name", ["numbers", "classes", "labels"])
def test_predictions_that_are_not_finite_have_no_place_in_a_chart(facts_of, name):
    document = facts_of(name)
    report = document.report
    lost = np.where(np.arange(report.rows)[:, None] == 3, np.nan, report.predictions)
    spoilt = replace(document, report=replace(report, predictions=lost), influence=None)
    drawn = re.findall(r' (?:d|style|width|x1|x2|cx)="([^"]*)"', html(spoilt))
    assert not [each for each in drawn if "nan" in each]
    assert markdown(spoilt).startswith("# ")


def colors() -> dict[str, dict[str, tuple[float, ...]]]:
    """The colours of the light and the dark scheme, by name."""
    files = (NNCLI / "page" / "theme.css", NNCLI / "report" / "page" / "report.css")
    text = "".join(file.read_text() for file in files)
    found: dict[str, dict[str, tuple[float, ...]]] = {"light": {}, "dark": {}}
    for block in re.finditer(r"(@media screen[^{]*\{\s*)?:root \{(.*?)\}", text, re.DOTALL):
        for name, value in re.findall(r"--([\w-]+): #(\w{6});", block[2]):
            channels = tuple(int(value[i : i + 2], 16) / 255 for i in (0, 2, 4))
            found["dark" if block[1] else "light"][name] = channels
    return found


def luminance(color: tuple[float, ...]) -> float:
    """WCAG's relative luminance."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_and_curves_stand_out_from_the_paper(scheme):
    known = colors()[scheme]
    paper = luminance(known["paper"])
    for name in ("ink", "soft", "accent", *(f"c{n}" for n in range(6))):
        high, low = sorted((luminance(known[name]), paper), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_counts_stand_out_from_their_tint(scheme, sign):
    """Of a confusion table: the strongest tint is 42% of a colour."""
    known, text = colors()[scheme], (NNCLI / "page" / "theme.css").read_text()
    light, dark = re.findall(rf"--{sign}: (\d+) (\d+) (\d+);", text)
    tint = [int(channel) / 255 for channel in (light if scheme == "light" else dark)]
    mixed = [0.42 * a + 0.58 * b for a, b in zip(tint, known["paper"], strict=True)]
    high, low = sorted((luminance(known["ink"]), luminance(tuple(mixed))), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_ticks_are_round_and_few():
    assert [label for _, label in Scale(0.0, 1.0).ticks()] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    decades = Scale(1e-4, 2.0, is_log=True).ticks()
    assert [label for _, label in decades] == ["0.0001", "0.001", "0.01", "0.1", "1"]
    assert next(label for _, label in Scale(1e6, 1e6 + 1).ticks()) == "1M"
    assert [label for _, label in Scale(0.0, 1000.0, are_days=True).ticks()][1] == "1971-05-16"
    assert [label for _, label in Scale(0.0, 1.0, is_whole=True).ticks()] == ["0", "1"]
    assert short_number(-0.0) == "0"


@given(st.lists(st.floats(), max_size=5), st.booleans(), st.booleans())
def test_every_value_that_is_finite_has_a_place_and_ticks_differ(values, is_log, has_margin):
    scale = Scale.of(values, is_log=is_log, has_margin=has_margin)
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 11
    assert all(-0.01 <= place <= 1.01 for place, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks)
    for value in values:
        if (1e-250 if is_log else -1e250) <= value <= 1e250:
            assert -0.01 <= scale.place(value) <= 1.01


def test_a_network_whose_numbers_are_none_is_drawn():
    """Embedded columns alone: their vectors are all that the first layer gets."""
    layer = LayerFacts("output", "dense, softmax", 3, 9, "", has_weights=True)
    facts = NetworkFacts(0, (layer,), 9, ())
    assert 'class="units"' in drawing(facts)
