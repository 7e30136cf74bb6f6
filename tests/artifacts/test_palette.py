"""The palette: colours that are told apart, and the same wherever a class or a sign is shown."""

import re
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from nncli.artifacts.palette import COLORS, TRAIN, VALIDATION, class_colors
from nncli.boundary.plot_style import class_colors as of_boundaries
from nncli.comparison.comparison_plot import SHADES
from nncli.page.embed import theme

# What protanopes and deuteranopes see of linear RGB (Machado, Oliveira and Fernandes, 2009).
SEEN = {
    "everyone": np.eye(3),
    "protanopes": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopes": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def linear(color):
    values = np.array(to_rgb(color))
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of linear RGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.maximum(to_xyz @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089], 0.009))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("who", SEEN)
def test_first_six_colors_are_told_apart_by(who):
    seen = [lab(SEEN[who] @ linear(color)) for color in COLORS[:6]]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 15


def test_no_color_is_lost_on_white():
    for color in COLORS:
        light = linear(color) @ [0.2126, 0.7152, 0.0722]
        assert 1.05 / (light + 0.05) > 2.2


def test_class_has_its_color_in_every_picture():
    for count in (2, 3, 10, 40):
        of_regions = [to_hex(color) for color in of_boundaries(count)]
        assert [color.lower() for color in class_colors(count)] == of_regions
    assert len({color.lower() for color in class_colors(40)}) == 40


def test_runs_and_signs_are_of_the_same_palette():
    assert tuple(SHADES) == COLORS[: len(SHADES)]
    light, _ = theme().split("@media", 1)
    signs = [re.search(rf"--{sign}: (\d+) (\d+) (\d+)", light) for sign in ("positive", "negative")]
    named = [to_hex(np.array([int(each) for each in sign.groups()]) / 255) for sign in signs]
    assert named == [TRAIN.lower(), VALIDATION.lower()]
