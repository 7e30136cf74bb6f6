"""The model card: the same facts as Markdown, with cells as text only."""

import pytest
from report_runs import CONFIGS, MARKED

from nncli.report.markdown import markdown, plain


@pytest.mark.parametrize("name", CONFIGS)
def test_a_card_has_every_part(facts_of, name):
    card = markdown(facts_of(name))
    for part in ("## Scores", "## Data", "## Model", "## Reproducing this", "## Worst errors"):
        assert f"\n{part}\n" in card
    assert len(card) < 100_000


def test_every_row_of_a_table_has_as_many_cells_as_its_header(facts_of):
    card = markdown(facts_of("hostile"))
    for block in card.split("\n\n"):
        if block.startswith("| "):
            counts = {line.replace("\\|", "").count("|") for line in block.splitlines()}
            assert len(counts) == 1, block


def test_names_are_text(facts_of):
    card, fence, _ = markdown(facts_of("hostile")).partition("~~~yaml\n")
    assert fence
    assert "<script" not in card.replace("\\<script", "")
    assert "](http" not in card.replace("\\](http", "")
    assert plain(MARKED) in card


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("roc_auc 0.5", "roc_auc 0.5"),
        ("_x_", "\\_x\\_"),
        ("a\nb", "a\\\\nb"),
        ("&amp; & co", "\\&amp; & co"),
        ("https://x", "https\\://x"),
        ("# x", "\\# x"),
        ("1. x", "1\\. x"),
        ("a\\|b", "a\\\\\\|b"),
    ],
)
def test_what_markdown_would_obey_stands_for_itself(text, shown):
    assert plain(text) == shown
