"""Base: what both estimators share: parameters, input checks, training and prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from nncli.artifacts.held_out import mean
from nncli.artifacts.open_model import trained_model
from nncli.artifacts.recorded_scores import recorded_scores
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.trained_model import TrainedModel, TrainedNetwork
from nncli.data.column_names import nfc
from nncli.errors import NncliError
from nncli.parts.arrays import Array
from nncli.parts.table import Table
from nncli.sklearn.blocks import error_in_words, parameters_of, parameters_of_run
from nncli.sklearn.fitting import FittedNetwork, fit
from nncli.sklearn.frames import as_learnt, with_categories, with_gaps, without_texts

Block = Mapping[str, Any] | str | None


class NetworkEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Trains the network of a config's blocks by `fit`, and predicts."""

    _is_from_run = False

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
        ensemble: Block = None,
        features: Block = None,
        preprocessing: Block = None,
        validation_fraction: float | Literal["auto"] = "auto",
        random_state: Any = None,
    ) -> None:
        """The blocks of a config; None stands for one that isn't there.

        Where neither network, optimizer nor training is given, they are those that did best as one
        network on tables (docs/accuracy.md), with 15% of the rows held back to stop by and numbers
        in `piecewise_linear` bins; `ensemble={"members": 8}` did better still, at 8 times the cost.
        Below 100 rows, or 8 of a class, or with validation_fraction=0, all rows train one of 16
        units.

        network: {"hidden": [16]} where something else is given; the output's units and activation
            follow from y.
        loss, optimizer, schedule: a name, or a block such as {"type": "sgd", "momentum": 0.9}.
        training: epochs, batch_size, early_stopping, class_weight (by label), dtype ...
        decision: where two classes part: {"threshold": 0.3}, or one chosen on the validation rows,
            {"maximize": "f1"} or {"costs": {"false_positive": 1, "false_negative": 5}}.
        evaluation: {"metrics": [...]}, what `history_` has besides the loss.
        ensemble: {"members": 8} trains so many networks, whose predictions are averaged; by folds,
            each stopped by its own validation rows, or by other seeds: {"by": "seeds"}.
        features: what is made of columns: {"derive": {"area": "width*height"}, "polynomial": 2};
            the columns of an array are called x1, x2, ..., those of a DataFrame as they are.
        preprocessing: by default features, and a regression's targets, are standardized; "none"
            leaves both alone, as where a pipeline scales. A DataFrame's columns of texts are
            categories: {"categorical": {"encode": "embedding", "min_count": 5}}.
        validation_fraction: share of the rows that don't train but are scored each epoch, in the
            classes' proportions; early stopping then watches `val_loss`. auto: 0.15 where network,
            optimizer and training are left to nncli, else 0.
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
        self.ensemble = ensemble
        self.features = features
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

    @classmethod
    def from_run(cls, path: str | PathLike[str]) -> Self:
        """A fitted estimator with the weights of a run, or of an ensemble, whose rows are a
        DataFrame of the columns that it has learnt from, in any order, as they stand in its table:
        texts, missing cells and all. It answers as `nncli predict` does; `fit` trains the same
        blocks anew on other rows, which are numbers.

        Raises ValueError for what is no run, or one of the other kind.
        """
        try:
            trained = trained_model(Path(path))
            trained.check_finite()
            model = cls(**parameters_of_run(trained.networks[0]))
            model._adopt(trained)
        except NncliError as error:
            raise ValueError(str(error)) from error
        return model

    def _adopt(self, trained: TrainedModel) -> None:
        """Take over the networks of a run or an ensemble."""
        self._is_from_run = True
        self.model_, self._decision = trained.model, trained.decision
        names = [feature.name for feature in trained.model.preprocessing.features]
        self.feature_names_in_ = np.array(names, dtype=object)
        self.n_features_in_ = len(names)
        self._keep([_network_of(reader) for reader in trained.networks])

    def _keep(self, networks: Sequence[FittedNetwork]) -> None:
        """Keep trained networks, with their epochs, loss and history."""
        self.networks_ = tuple(networks)
        self.n_iter_ = sum(each.epochs for each in networks)
        self.loss_ = float(np.mean([each.loss for each in networks]))
        self.history_: Any = [each.history for each in networks]
        if len(networks) == 1:
            self.history_ = networks[0].history

    @property
    def theta_(self) -> Array:
        """Every weight in one vector; of an ensemble, all members' vectors concatenated."""
        check_is_fitted(self, "networks_")
        return np.concatenate([each.theta for each in self.networks_])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        impute = _key(_key(self.preprocessing, "numeric"), "impute")
        tags.input_tags.allow_nan = "none" not in (self.preprocessing, impute)
        return tags

    @property
    def weights_(self) -> dict[str, Array]:
        """Every tensor by its name in a run: `hidden_1/W` (inputs, units), `output/b` ...; of an
        ensemble, `member-1/hidden_1/W` ..."""
        check_is_fitted(self, "networks_")
        views = [each.model.network.layout.views(each.theta) for each in self.networks_]
        if len(views) == 1:
            return views[0]
        return {
            f"member-{i}/{name}": w for i, own in enumerate(views, 1) for name, w in own.items()
        }

    def _rows(self, X: Any, y: Any, **checks: Any) -> tuple[Array, Array]:
        """X and y as arrays to train on, with texts as codes; `_texts` keeps what these mean."""
        X, self._texts = without_texts(X)
        _refuse_masked("y", y)
        x, y = self._checked(X, y=y, **checks)
        return with_gaps(x, self._texts), y

    def _checked(self, X: Any, **checks: Any) -> Any:
        """X, and y if given, as checked arrays; NaN is refused unless it is imputed."""
        is_allowed = self.__sklearn_tags__().input_tags.allow_nan
        finite = "allow-nan" if is_allowed else True
        return validate_data(self, X, dtype=np.float64, ensure_all_finite=finite, **checks)

    def _train(self, table: Table) -> None:
        """Train on a table, and keep the result."""
        if self.features is not None and hasattr(self, "feature_names_in_"):
            table = replace(table, features=tuple(map(nfc, self.feature_names_in_)))
        table = with_categories(table, self._texts)
        parameters = self.get_params(deep=False)
        if not isinstance(self.random_state, Integral | Mapping):
            parameters["random_state"] = check_random_state(self.random_state).randint(2**31 - 1)
        try:
            fitted = fit(parameters, table)
        except NncliError as error:
            raise ValueError(error_in_words(error)) from error
        self._is_from_run = False
        self.model_, self._decision = fitted.networks[0].model, fitted.decision
        self._keep(fitted.networks)
        if fitted.held_out is not None:
            self.held_out_rows_ = fitted.held_out.rows
            self.held_out_predictions_ = fitted.held_out.predictions

    def _outputs(self, X: Any) -> Array:
        """(rows, classes) probabilities, or (rows, targets)."""
        check_is_fitted(self, "networks_")
        try:
            table = self._table(X)
            rows = np.arange(len(table))
            outputs = [each.predict(table, rows) for each in self.networks_]
        except NncliError as error:
            raise ValueError(str(error)) from error
        return mean(outputs)

    def _table(self, X: Any) -> Table:
        """The rows to predict, as a table."""
        if self._is_from_run:
            is_array = isinstance(X, np.ndarray)
            return self.model_.read_given(self._named(X) if is_array else X)
        X, texts = without_texts(X)
        x = with_gaps(self._checked(X, reset=False), texts)
        return as_learnt(x, texts, self.model_.preprocessing.features)

    def _named(self, X: Array) -> Mapping[str, Array]:
        """The columns of an array by name, in the order of training."""
        names = [str(name) for name in self.feature_names_in_]
        if X.ndim != 2 or X.shape[1] != len(names):
            shape = " x ".join(map(str, X.shape))
            raise ValueError(f"X: expected (rows, {len(names)}), found {shape}")
        return dict(zip(names, X.T, strict=True))


def _network_of(reader: RunReader) -> FittedNetwork:
    """The trained network of a run."""
    history = {name: np.array(values) for name, values in reader.columns().items()}
    kept, summary = recorded_scores(TrainedNetwork(reader)).get("train", {}), reader.summary()
    loss = kept.get("loss", float(history["loss"][-1]))
    epochs = int(summary.get("epochs", history["epoch"][-1]))
    return FittedNetwork(reader.model, reader.theta, epochs, loss, history)


def _key(block: Any, name: str) -> Any:
    return block.get(name) if isinstance(block, Mapping) else None


def _refuse_masked(name: str, values: Any) -> None:
    """Raises ValueError for masked values, since scikit-learn takes the numbers under the mask."""
    if np.ma.is_masked(values):
        raise ValueError(f"{name} has masked values: leave out their rows")


def counting(X: Array, y: Array, sample_weight: Any) -> tuple[Array, Array, Array | None]:
    """The rows whose weight isn't 0, with their weights if there are any."""
    if sample_weight is None:
        return X, y, None
    _refuse_masked("sample_weight", sample_weight)
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if (weights < 0).any():
        row = int(np.argmax(weights < 0))
        raise ValueError(f"sample_weight[{row}]: expected a number >= 0, found {weights[row]:g}")
    counts = weights > 0
    if not counts.any():
        raise ValueError("every sample_weight is zero: there is nothing to learn")
    return X[counts], y[counts], weights[counts]
