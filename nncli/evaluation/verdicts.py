"""Verdicts: sentences on whether the network is significantly better than simpler models."""

from nncli.evaluation.best_model import LINEAR, TREES
from nncli.evaluation.formatted_numbers import between, listed, number
from nncli.evaluation.intervals import MIN_ROWS, Estimate, Standing
from nncli.evaluation.report import Report


def verdicts(report: Report, baseline: str) -> list[str]:
    """Sentences on where the network isn't significantly better than a baseline."""
    if report.rows < MIN_ROWS:
        return []
    standings = report.standings(baseline)

    def where(wanted: Standing) -> list[str]:
        return [name for name, each in standings.items() if each == wanted]

    lines = []
    if worse := where("worse"):
        lines.append(f"Worse than the {baseline} in {listed(worse)}.")
    unclear = where("open")
    if unclear and baseline != TREES:  # a network need not beat trees
        chance = f"on {report.rows:,} rows the difference may be chance"
        lines.append(f"Not shown to be better than the {baseline} in {listed(unclear)}: {chance}.")
    return lines


def headline(report: Report) -> list[str]:
    """The first metric with its interval, and which model is best by it.

    `accuracy is 0.961 (95% interval 0.9 to 1) on 52 test rows; a linear model reaches 0.98.`
    """
    metric = next(iter(report.chosen), "")
    if not metric:
        return [f"The loss is {number(report.loss)} on {report.what}."]
    own = _scored(report.intervals[metric])
    sentence = f"{metric} is {own} on {report.what}"
    if report.best:
        return [f"{sentence}.", f"{report.best.words}."]
    linear = report.baselines.get(LINEAR)
    if linear is None or metric not in linear.values:
        return [f"{sentence}."]
    sentences = [f"{sentence}; a {LINEAR} reaches {number(linear.values[metric])}."]
    return [*sentences, _beside_linear(report, metric)]


def _scored(estimate: Estimate) -> str:
    said = f" (95% interval {between(estimate.interval)})" if estimate.interval else ""
    return f"{number(estimate.value)}{said}"


def _beside_linear(report: Report, metric: str) -> str:
    """A sentence on the difference to the linear model."""
    if report.rows < MIN_ROWS:
        rows = "1 row is" if report.rows == 1 else f"{report.rows} rows are"
        return f"{rows} too few to tell which of them is better."
    found = report.standings(LINEAR).get(metric)
    if found is None:
        return "One of them is undefined on these rows, so that they can't be compared."
    if found == "open":
        return (
            f"It is not shown to be better than the {LINEAR}: on {report.rows:,} rows the "
            "difference may be chance."
        )
    return f"It is {found} than the {LINEAR} by more than the luck of the rows."
