"""Explanations: how to read each part of a report."""

from nncli.page.markup import Markup, tag

EXPLANATIONS: dict[str, tuple[str, ...]] = {
    "findings": (
        "The doctor asks a run what keeps networks from learning: inputs of very different "
        "sizes, units that never switch on, steps that are too large or too small, curves that "
        "part.",
        "Each finding names one key of the config to change, and what that did in a short "
        "trial. Doubts are about the data: what makes a score worth less than it looks.",
    ),
    "scores": (
        "Scores are of rows that training has not seen, unless it says otherwise. The 95% "
        "interval is what other rows of the same kind would give: 1,000 times, as many rows are "
        "drawn from these with replacement and scored. It knows nothing of another training "
        "run.",
        "The other columns are what has to be beaten: guessing without looking at a row, and a "
        "linear model of the same inputs. Where the network isn't better than the linear model "
        "by more than chance, the simpler model says as much.",
    ),
    "confusion": (
        "A row of the table is a true class, a column the class it was given. On the diagonal "
        "is what is right; per cents are of the true class's rows.",
    ),
    "calibration": (
        "Of all rows that were given a probability of about 0.8, about 80% should turn out so: "
        "dots on the diagonal. Below it the network is surer than it should be, above it less "
        "sure.",
    ),
    "numbers": (
        "Left: each dot is a row; on the diagonal the prediction is right. Right: what was "
        "predicted less what is true, over the prediction. A bend or a funnel there is "
        "something that the network has not learned, or that some rows are harder than others.",
    ),
    "curves": (
        "The loss is what training makes smaller, epoch by epoch; the dot marks the best epoch. "
        "Where the training curve falls and the validation curve rises, the network learns its "
        "rows by heart (overfitting).",
        "On a logarithmic axis equal steps are equal factors: the end of a long curve can be seen.",
    ),
    "influence": (
        "Importance: the values of one column are shuffled among the rows, and the "
        "loss grows by so much; the line is the spread over ten such permutations. "
        "Pale bars are within two spreads of 0. A column "
        "with a twin may look unimportant, as its twin still tells the same.",
        "The curves: all rows are given one value of a column, and the mean prediction is drawn "
        "over the values. Marks at the bottom are tenths of the training rows: where there are "
        "none, nothing was there to learn from. It is what the network does, not what causes "
        "what.",
    ),
    "errors": (
        "The rows with the largest loss, the worst first, at their file and line, with their "
        "most important cells. Wrong labels, slips of typing and rare cases are found here.",
    ),
    "data": (
        "The training rows alone, from which everything is fitted. A missing cell is filled "
        "with what stands in its column; a histogram counts rows from the smallest to the "
        "largest value.",
    ),
    "model": (
        "Each dot is a unit; of a wide layer some are drawn. Every unit adds up all units "
        "before it, each times a weight of its own, adds a bias, and bends the sum by its "
        "activation function.",
    ),
    "again": (
        "The same config, data and seeds give the same numbers, bit for bit on the same machine "
        "and versions; `nncli verify` trains the run again and compares.",
    ),
    "overview": (
        "A group is one config, trained with one or several seeds or folds. The interval is of "
        "its mean over runs; the difference is to the best group, paired where seeds or folds "
        "are equal, and p is Holm's where there are several differences.",
    ),
}


def explanation(name: str) -> Markup:
    """The explanation of a section, folded."""
    paragraphs = [tag("p", text) for text in EXPLANATIONS[name]]
    return tag("details", tag("summary", "How to read this"), *paragraphs, class_="read")
