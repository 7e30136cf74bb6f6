"""Estimators: a network as scikit-learn's classifier, and as its regressor."""

from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from nncli.artifacts.trained_model import TrainedModel
from nncli.data.class_values import class_values
from nncli.errors import UserError
from nncli.parts.arrays import Array
from nncli.parts.datasets import numbered
from nncli.parts.decision import has_label
from nncli.parts.table import Table
from nncli.sklearn.base import NetworkEstimator, counting
from nncli.sklearn.blocks import label


def _is_table(y: Any) -> bool:
    """Whether y has two dimensions."""
    return (y if issparse(y) else np.asarray(y)).ndim == 2


class NNClassifier(ClassifierMixin, NetworkEstimator):  # type: ignore[misc]
    """A network that tells classes apart.

    Two classes share one sigmoid unit, more have a softmax unit each, unless `network` and `loss`
    say otherwise. Where y is (rows, labels) of 0 and 1, a row may have several labels: each has a
    sigmoid unit, and `score` is the share of rows with every label right.

    classes_: the labels, sorted; of a y with several columns, their numbers 0, 1, ...
    weights_: the tensors by name.  n_iter_: epochs trained.
    history_: the columns of metrics.csv, epoch 0 (before training) first.
    loss_: the objective at the weights kept.  model_: the blocks resolved, and the scaling.
    threshold_: what the second class's probability has to exceed; None where the likelier is taken.
    n_features_in_, feature_names_in_: as everywhere in scikit-learn.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train. A row of weight 2 counts as two, one of weight 0 as none.

        Exactly so where every step takes all rows (batch_size "full", or few rows), else in the
        mean over many steps. Raises ValueError for what can't be used, and where training diverges.
        """
        self._has_labels = _is_table(y) and type_of_target(y) == "multilabel-indicator"
        X, y = self._rows(X, y=y, multi_output=self._has_labels)
        check_classification_targets(y)
        if self._has_labels:
            return self._fit_labels(X, y.toarray() if issparse(y) else y, sample_weight)
        X, y, weights = counting(X, y, sample_weight)
        classes, indices = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y has 1 class, {classes[0]}: there is nothing to tell apart")
        names = tuple(map(label, classes.tolist()))
        inputs = numbered("x", X.shape[1])
        self._train(Table(X, indices, inputs, classes=names, weights=weights))
        self.classes_, self.threshold_ = classes, self._decision.threshold
        return self

    def _fit_labels(self, X: Array, y: Array, sample_weight: Any) -> Self:
        X, y, weights = counting(X, y, sample_weight)
        inputs, targets = numbered("x", X.shape[1]), numbered("y", y.shape[1])
        pairs = (("0", "1"),) * y.shape[1]
        self._train(Table(X, y.astype(float), inputs, targets, labels=pairs, weights=weights))
        self.classes_, self.threshold_ = np.arange(y.shape[1]), None
        return self

    def _adopt(self, trained: TrainedModel) -> None:
        learnt = trained.model.preprocessing
        if not (learnt.classes or learnt.labels):
            raise UserError(f"{trained.path}: it predicts numbers: NNRegressor.from_run")
        super()._adopt(trained)
        self._has_labels, self.threshold_ = bool(learnt.labels), trained.decision.threshold
        self.classes_ = class_values(learnt.classes)
        if self._has_labels:
            self.classes_ = np.arange(len(learnt.labels))

    def predict(self, X: Any) -> Array:
        """(rows,) the likeliest labels, or by `decision` if there is one.

        Where y had several columns, (rows, labels): 1 for a label more likely than not, else 0.
        """
        probabilities = self.predict_proba(X)
        if self._has_labels:
            return has_label(probabilities).astype(int)
        return np.asarray(self.classes_[self._decision(probabilities)])

    def predict_proba(self, X: Any) -> Array:
        """(rows, classes), in the order of `classes_`; (rows, labels), of each label."""
        return self._outputs(X)

    def predict_log_proba(self, X: Any) -> Array:
        """Natural logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))


class NNRegressor(RegressorMixin, NetworkEstimator):  # type: ignore[misc]
    """A network that predicts a number, or several where y has several columns.

    weights_: the tensors by name.  n_iter_: epochs trained.
    history_: the columns of metrics.csv, epoch 0 (before training) first.
    loss_: the objective at the weights kept.  model_: the blocks resolved, and the scaling.
    n_features_in_, feature_names_in_: as everywhere in scikit-learn.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train; see NNClassifier.fit for weights and errors."""
        X, y = self._rows(X, y=y, multi_output=True, y_numeric=True)
        X, y, weights = counting(X, y, sample_weight)
        targets = y.reshape(len(y), -1).astype(np.float64)
        self._train(Table(X, targets, numbered("x", X.shape[1]), weights=weights))
        self._target_shape = y.shape[1:]
        return self

    def _adopt(self, trained: TrainedModel) -> None:
        learnt = trained.model.preprocessing
        if learnt.classes or learnt.labels:
            raise UserError(f"{trained.path}: it predicts classes: NNClassifier.from_run")
        super()._adopt(trained)
        self._target_shape = () if len(learnt.targets) == 1 else (len(learnt.targets),)

    def predict(self, X: Any) -> Array:
        """(rows,) or (rows, targets), as y was."""
        outputs = self._outputs(X)
        return outputs.reshape(len(outputs), *self._target_shape)
