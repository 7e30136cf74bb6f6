"""The palette: the colours of every picture, so that a class has the same one in all of them.

A class's colour is that of its place among the run's classes, whichever of them a picture shows.
"""

# Okabe and Ito (2008), without the yellow that white swallows, then Tol's muted scheme: told apart
# whatever colours one sees.
COLORS = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"),
    *("#332288", "#882255", "#777777", "#B2A000"),
)
NETWORK = COLORS[0]  # what the network says, where classes have no colours
TRAIN, VALIDATION = COLORS[0], COLORS[5]  # rows
BEST, GIVEN = COLORS[2], COLORS[5]  # trials of a sweep
RIGHT, WRONG = "Blues", "Oranges"  # rows by true and predicted class: matplotlib's shades
OTHERS = "0.7"  # runs beyond those that have colours


def class_colors(count: int) -> list[str]:
    """A colour for each of so many classes: beyond 10, along a rainbow."""
    return list(COLORS[:count]) if count <= len(COLORS) else rainbow(count)


def rainbow(count: int) -> list[str]:
    """Colours in an order that one sees, of so many things that have one."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    places = [0.05 + 0.9 * place / max(count - 1, 1) for place in range(count)]
    return [to_hex(colormaps["turbo"](place)) for place in places]
