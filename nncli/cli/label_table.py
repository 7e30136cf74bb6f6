"""Label table: scores per label, averages, and scores of whole rows."""

from typing import TYPE_CHECKING

from nncli.cli.text_table import figure, table

if TYPE_CHECKING:
    from nncli.evaluation.label_scores import LabelScores
    from nncli.evaluation.report import Report


SHARES = ("precision", "recall", "f1", "roc_auc", "average_precision", "accuracy")


def label_table(report: "Report", most: int) -> str:
    """The table of the `most` most frequent labels, averages, and scores of whole rows."""
    from nncli.artifacts.figure_style import short

    found = report.of_labels

    def line(name: str, scores: "LabelScores") -> list[str]:
        shares = [getattr(scores, share) for share in SHARES]
        return [name, f"{scores.rows:,}", *(f"{share:.3f}" for share in shares)]

    frequent = sorted(report.labels, key=lambda name: -found.by_label[name].rows)[:most]
    chosen = [name for name in report.labels if name in frequent]
    rows = [["label", "rows", *SHARES]]
    rows += [line(short(name), found.by_label[name]) for name in chosen]
    rows += [line(f"{name} average", scores) for name, scores in found.averages.items()]
    rest = len(report.labels) - len(chosen)
    more = f"\n... and {rest:,} labels with no more rows, which --json has" if rest > 0 else ""
    subset, wrong = figure(found.subset_accuracy), figure(found.hamming_loss)
    together = f"all labels of a row right (subset accuracy) {subset}; hamming loss {wrong}"
    return f"{table(rows)}{more}\n\n{together}"
