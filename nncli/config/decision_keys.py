"""Decision keys: the `decision` block of a config."""

from typing import Annotated

from nncli.constraints import Bounds
from nncli.frozen import frozen
from nncli.parts.threshold_choice import Costs, Goal

Between = Annotated[float, Bounds(gt=0, lt=1)]


@frozen(kw_only=True)
class DecisionKeys:
    """Which of two classes a row is given: the second where its probability is above a threshold.

    One key: the threshold itself, or what it is to be the best for on the validation rows, with
    the weights that the run keeps. Metrics during training are then still those at 0.5.
    """

    threshold: Annotated[Between | None, "the second class is predicted above this probability"] = (
        None
    )
    maximize: Annotated[
        Goal | None,
        "choose the threshold that maximizes this score on the validation rows; f1: of the "
        "second class",
    ] = None
    costs: Annotated[
        Costs | None,
        "choose the threshold that minimizes the mean cost of wrong decisions on the "
        "validation rows",
    ] = None

    def __post_init__(self) -> None:
        if len(self.shown_keys) != 1:
            found = " and ".join(self.shown_keys) or "none"
            raise ValueError(f"expected one of threshold, maximize and costs, found {found}")

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """The key that is given."""
        return tuple(name for name, value in vars(self).items() if value is not None)

    @property
    def key(self) -> str:
        """The config key that is given."""
        return f"decision.{self.shown_keys[0]}"

    @property
    def goal(self) -> Goal | Costs | None:
        """The criterion that the threshold is chosen by; None for a fixed threshold."""
        return self.maximize or self.costs
