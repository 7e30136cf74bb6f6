"""The palette: a class has the same colour in every plot.

It follows from the class's index among all of the run's classes, also where few are shown.
"""

# Okabe and Ito (2008) without yellow, which is invisible on white, then Tol's muted scheme: both
# are safe for colour blindness.
COLORS = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"),
    *("#332288", "#882255", "#777777", "#B2A000"),
)
NETWORK = COLORS[0]  # of the network, where classes have no colours
TRAIN, VALIDATION = COLORS[0], COLORS[5]  # rows
BEST, GIVEN = COLORS[2], COLORS[5]  # trials of a sweep
RIGHT, WRONG = "Blues", "Oranges"  # rows by true and predicted class: matplotlib's shades
OTHERS = "0.7"  # runs beyond those that have colours


def class_colors(count: int) -> list[str]:
    """A colour per class; for more than 10, along a rainbow."""
    return list(COLORS[:count]) if count <= len(COLORS) else rainbow(count)


def rainbow(count: int) -> list[str]:
    """`count` colours in a visible order, for ordered things."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    places = [0.05 + 0.9 * place / max(count - 1, 1) for place in range(count)]
    return [to_hex(colormaps["turbo"](place)) for place in places]
