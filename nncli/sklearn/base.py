"""Base: what both estimators share: parameters, rows in, outputs out."""

from collections.abc import Mapping
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from nncli.errors import NncliError
from nncli.parts.arrays import Array
from nncli.parts.datasets import numbered
from nncli.parts.table import Table
from nncli.sklearn.blocks import in_words, parameters_of
from nncli.sklearn.fitting import fit

Block = Mapping[str, Any] | str | None


class NetworkEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Blocks of a config -> weights, by `fit`; rows -> outputs."""

    def __init__(
        self,
        *,
        network: Block = None,
        loss: Block = "auto",
        optimizer: Block = "adam",
        schedule: Block = "constant",
        training: Block = None,
        decision: Block = None,
        evaluation: Block = None,
        preprocessing: Block = None,
        validation_fraction: float = 0.0,
        random_state: Any = None,
    ) -> None:
        """The blocks of a config; None stands for one that isn't there.

        network: {"hidden": [16]} by default; the output's units and activation follow from y.
        loss, optimizer, schedule: a name, or a block such as {"type": "sgd", "momentum": 0.9}.
        training: epochs, batch_size, early_stopping, class_weight (by label), dtype ...
        decision: where two classes part: {"threshold": 0.3}, or one chosen on the validation rows,
            {"maximize": "f1"} or {"costs": {"false_positive": 1, "false_negative": 5}}.
        evaluation: {"metrics": [...]}, what `history_` has besides the loss.
        preprocessing: by default features, and a regression's targets, are standardized; "none"
            leaves both alone, as where a pipeline scales.
        validation_fraction: share of the rows that don't train but are scored each epoch, in the
            classes' proportions; early stopping then watches `val_loss`.
        random_state: a number is the config's `seed`; a dict has one for each of split, init,
            shuffle and dropout; a RandomState or None gives a new seed to each `fit`.
        """
        self.network = network
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.training = training
        self.decision = decision
        self.evaluation = evaluation
        self.preprocessing = preprocessing
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    @classmethod
    def from_config(cls, path: str | PathLike[str], **parameters: Any) -> Self:
        """An estimator with the blocks and the seed of a config file.

        The file's data and split are left aside: rows come with `fit`. `parameters` stand instead
        of what the file says. Raises ValueError with every problem of the file.
        """
        try:
            return cls(**{**parameters_of(Path(path)), **parameters})
        except NncliError as error:
            raise ValueError(str(error)) from error

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        numeric = _key(self.preprocessing, "numeric")
        tags.input_tags.allow_nan = _key(numeric, "impute") not in (None, "auto", "none")
        return tags

    @property
    def weights_(self) -> dict[str, Array]:
        """Every tensor by its name in a run: `hidden_1/W` (inputs, units), `output/b` ..."""
        check_is_fitted(self, "theta_")
        return self.model_.network.layout.views(self.theta_)

    def _rows(self, X: Any, **checks: Any) -> Any:
        """X, and y if given, as arrays; NaN is refused unless something stands in for it."""
        is_allowed = self.__sklearn_tags__().input_tags.allow_nan
        finite = "allow-nan" if is_allowed else True
        return validate_data(self, X, dtype=np.float64, ensure_all_finite=finite, **checks)

    def _train(self, table: Table) -> None:
        """Train on a table, and keep what comes of it."""
        parameters = self.get_params(deep=False)
        if not isinstance(self.random_state, Integral | Mapping):
            parameters["random_state"] = check_random_state(self.random_state).randint(2**31 - 1)
        try:
            fitted = fit(parameters, table)
        except NncliError as error:
            raise ValueError(in_words(error)) from error
        self.model_, self.theta_, self._decision = fitted.model, fitted.theta, fitted.decision
        self.n_iter_, self.loss_, self.history_ = fitted.epochs, fitted.loss, fitted.history

    def _outputs(self, X: Any) -> Array:
        """(rows, classes) probabilities, or (rows, targets)."""
        check_is_fitted(self, "theta_")
        x = self._rows(X, reset=False)
        table = Table(x, np.zeros(len(x)), numbered("x", x.shape[1]))
        inputs = self.model_.inputs(table, np.arange(len(x)))
        outputs: Array = self.model_.predict(self.theta_, inputs)
        return outputs


def _key(block: Any, name: str) -> Any:
    return block.get(name) if isinstance(block, Mapping) else None


def counting(X: Array, y: Array, sample_weight: Any) -> tuple[Array, Array, Array | None]:
    """The rows whose weight isn't 0, with their weights if there are any."""
    if sample_weight is None:
        return X, y, None
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if (weights < 0).any():
        row = int(np.argmax(weights < 0))
        raise ValueError(f"sample_weight[{row}]: expected a number >= 0, found {weights[row]:g}")
    counts = weights > 0
    if not counts.any():
        raise ValueError("every sample_weight is zero: there is nothing to learn")
    return X[counts], y[counts], weights[counts]
