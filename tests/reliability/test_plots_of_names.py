"""Pictures: a name is drawn letter by letter, never as a formula."""

import csv
import json

import pytest
from foreign_texts import MARK, around

from nncli.cli.main import run as command

NAMES = {
    "dollars": "$\\frac$ $x^2$",
    "one dollar": "a$b_^",
    "hidden": "_",
    "signs": "\x1b[1m\u202e",
}


@pytest.fixture
def drawn(monkeypatch):
    """Every text of the pictures that are drawn."""
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    texts, draw = [], Figure.draw

    def drawing(figure, renderer):
        draw(figure, renderer)
        texts.extend(figure.findobj(Text))

    monkeypatch.setattr(Figure, "draw", drawing)
    return texts


@pytest.mark.parametrize("kind", NAMES)
def test_names_in_pictures_are_drawn_letter_by_letter(kind, drawn, folder):
    sign = NAMES[kind]
    names = [f"{sign}{MARK} {part}" for part in ("a", "b", "y")]
    with (folder / "t.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([i % 5, i % 3, f"{around(sign)}{i % 2}"] for i in range(60))
    (folder / "it.yaml").write_text(
        f"data: {{path: t.csv, target: {json.dumps(names[2])}}}\n"
        "network: {hidden: [2]}\ntraining: {epochs: 2}\noutput: {plots: []}"
    )
    assert command(["train", "it.yaml", "-q"]) == 0
    at = (folder / "runs/it-001").rename(folder / f"runs/{sign}{MARK}".replace("/", ""))
    assert command(["evaluate", str(at), "--split", "test"]) == 0
    assert command(["plot-boundary", str(at), "-o", "b.png"]) == 0
    assert command(["plot-loss", str(at), "-o", "l.svg", "--metric", "accuracy"]) == 0
    assert command(["plot-loss", str(at), str(at), "-o", "l.pdf"]) == 0
    named = [text for text in drawn if MARK in text.get_text()]
    assert len(named) >= 8
    for text in drawn:
        assert text.get_text().replace("\n", "").isprintable()
    for text in named:
        assert not text.get_parse_math(), text
