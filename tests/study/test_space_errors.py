"""Every mistake in a space is told before anything runs, at its own line and column.

The golden file has spaces, from line 4 of a config on, and what is said of each.
NNCLI_UPDATE_GOLDEN=1 rewrites it.
"""

import os
from pathlib import Path

import pytest
from study_spaces import PATH, problems_of, space_of

from nncli.config.load import read_root
from nncli.errors import ConfigError
from nncli.study.space_checks import read_checked

GOLDEN = Path(__file__).parent / "golden" / "wrong_spaces.txt"


def told_of(block):
    """A block of the golden file, with what is said of its space today."""
    space = "".join(f"{line}\n" for line in block.splitlines() if not line.startswith("! "))
    return space + "".join(f"! {line}\n" for line in problems_of(space))


def test_wrong_spaces_are_explained_as_the_golden_file_says():
    golden = GOLDEN.read_text(encoding="utf-8")
    told = [told_of(block) for block in golden.split("\n\n")]
    assert all("! config.yaml:" in each for each in told)
    assert len(told) > 30
    if os.environ.get("NNCLI_UPDATE_GOLDEN"):
        GOLDEN.write_text("\n".join(told), encoding="utf-8")
    assert "\n".join(told) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("rest", ["", "sweep:\n", "sweep: {trials: 3}\n", "sweep: 3\n"])
def test_a_config_without_a_space_has_nothing_to_search(rest):
    root = read_root(f"data: {{dataset: iris}}\n{rest}", PATH)
    with pytest.raises(ConfigError) as caught:
        read_checked(root, PATH)
    assert caught.value.lines() == ["config.yaml:1:1: sweep.space: there is nothing to search"]


def test_every_option_is_tried_whatever_the_others_are():
    space = "optimizer: [sgd, adam]\nschedule: [constant, {type: step, bogus: 1}]\n"
    (line,) = problems_of(space)
    assert line.startswith("config.yaml:5:39: schedule.bogus: unknown key for step")


def test_whole_numbers_of_a_key_of_floats_are_searched_if_a_step_says_so():
    assert problems_of("optimizer.lr: {low: 1, high: 3, step: 1}") == []
    assert space_of("optimizer.lr: {low: 1, high: 3, step: 1}").columns == ("optimizer.lr",)
