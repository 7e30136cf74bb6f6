"""Explanations: how to read each part of a report."""

from nncli.page.markup import Markup, tag

EXPLANATIONS: dict[str, tuple[str, ...]] = {
    "findings": (
        "nncli doctor looks for what keeps a network from learning: inputs of very different "
        "scale, dead units, steps that are too large or too small, overfitting.",
        "Each finding names one key of the config to change, and what the change did in a short "
        "trial. Warnings about the data say what makes a score worth less than it looks.",
    ),
    "scores": (
        "Scores are of rows that training has not seen, unless it says otherwise. The 95% "
        "interval (bootstrap) says how the score would vary with other test rows: as many rows "
        "are drawn from these with replacement and scored, 1,000 times. It does not include the "
        "variation from one training run to another.",
        "The other columns are baselines: guessing without looking at a row, a linear model of "
        "the same inputs, and boosted trees. Where the network is not better by more than "
        "chance, the simpler model is as good.",
    ),
    "confusion": (
        "Each row of the table is a true class, each column a predicted class; the diagonal is "
        "right. Percentages are of the true class's rows.",
    ),
    "calibration": (
        "Of all rows with a predicted probability of about 0.8, about 80% should be right: the "
        "dots then lie on the diagonal. Below it the network is overconfident, above it "
        "underconfident.",
    ),
    "numbers": (
        "Left: each dot is a row; on the diagonal the prediction is right. Right: the residual, "
        "predicted - true, over the prediction. A bend shows something the network has not "
        "learned; a funnel shows that some rows are harder to predict than others.",
    ),
    "curves": (
        "The loss is what training minimizes; the dot marks the best epoch. Where the training "
        "curve falls and the validation curve rises, the network overfits.",
        "On a logarithmic axis equal steps are equal factors, so the end of a long curve can be "
        "seen.",
    ),
    "influence": (
        "Permutation importance: how much the loss grows when the values of one column are "
        "shuffled among the rows. The line is the standard deviation over ten shuffles; bars "
        "within two standard deviations of 0 are pale. Of two correlated columns, each may look "
        "unimportant, since the other one still holds its information.",
        "The curves (partial dependence): one column gets the same value in all rows, and the "
        "mean prediction is drawn over that value. Marks at the bottom are deciles of the "
        "training rows; between distant marks the network had little to learn from. The curves "
        "show what the network does, not what causes what.",
    ),
    "errors": (
        "The rows with the largest loss, the worst first, with their file, line and most "
        "important cells. Look here for wrong labels, typing errors and rare cases.",
    ),
    "data": (
        "Only the training rows, from which all preprocessing is fitted. Histograms count rows "
        "from the smallest to the largest value.",
    ),
    "model": (
        "Each dot is a unit; of a wide layer only some are drawn. A unit adds up the outputs of "
        "the units before it, each times a weight, adds a bias, and applies its activation "
        "function.",
    ),
    "again": (
        "The same config, data and seeds give the same numbers to the last bit on the same machine "
        "with the same versions. nncli verify trains the run again and compares.",
    ),
    "overview": (
        "A group is one config, trained with one or several seeds or folds. The interval is of "
        "its mean over runs; the difference is to the best group, paired where seeds or folds "
        "are equal; p is corrected by Holm's method where there are several differences.",
    ),
}


def explanation(name: str) -> Markup:
    """The explanation of a section, folded."""
    paragraphs = [tag("p", text) for text in EXPLANATIONS[name]]
    return tag("details", tag("summary", "How to read this"), *paragraphs, class_="read")
