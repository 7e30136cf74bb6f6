"""scikit-learn: the multilayer perceptron with the same settings, where it has them."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from nncli.build.build import Built
from nncli.explain.equivalent import Equivalent, answer, indented, lacks, says
from nncli.explain.scikit_learn_parts import ANSWERS
from nncli.parts.layers import Dense
from nncli.parts.losses import BinaryCrossEntropy, CrossEntropy
from nncli.parts.optimizers import Lbfgs, Sgd
from nncli.parts.regularizers import L2, Regularizer

said = partial(answer, ANSWERS)


def equivalent(built: Built) -> Equivalent:
    """What to paste, with what differs; no code where the network can't be expressed."""
    barriers = Equivalent("", tuple(dict.fromkeys(_barriers(built))))
    if barriers.notes:
        return barriers + _linear(built)
    return _perceptron(built) + _missing(built) + _linear(built)


def _denses(built: Built) -> list[Dense]:
    return [node.layer for node in built.network.nodes if isinstance(node.layer, Dense)]


def _barriers(built: Built) -> Iterator[str]:
    """Why no MLPClassifier or MLPRegressor is this network."""
    network, experiment = built.network, built.experiment
    parts: list[Any] = [node.layer for node in network.nodes]
    hidden = [layer.activation for layer in _denses(built)[:-1]]
    chosen = [*parts, *hidden, network.loss, experiment.optimizer]
    chosen += [
        layer.kernel_regularizer for layer in parts if getattr(layer, "kernel_regularizer", 0)
    ]
    for part in chosen:
        found = said(part, **_numbers(built))
        if not found.code:
            yield from found.notes
    if len(set(hidden)) > 1:
        yield "no equivalent: different activations in the hidden layers"
    yield from _head(built)
    if any(not layer.bias or not layer.trainable for layer in _denses(built)):
        yield "no equivalent: layers without bias, or frozen ones"
    if len({layer.kernel_regularizer for layer in _denses(built)}) > 1:
        yield "no equivalent: a penalty on some layers only; alpha is for all of them"
    if isinstance(experiment.optimizer, Sgd) and experiment.optimizer.initial_velocity:
        yield "no equivalent: initial_velocity; the velocity starts from 0"


def _head(built: Built) -> Iterator[str]:
    """Why the output and the loss are another pair."""
    network, classes = built.network, len(built.table.classes)
    own = network.is_matched if classes else network.output.activation.name == "identity"
    if not own or bool(classes) != isinstance(network.loss, CrossEntropy | BinaryCrossEntropy):
        pair = f"{network.output.activation.name} outputs with {network.loss.name}"
        yield f"no equivalent: {pair} {'for classes' if classes else 'for numbers'}"
    elif classes == 2 and network.outputs == 2:
        yield "no equivalent: two softmax units for two classes; MLPClassifier has one sigmoid unit"
    elif classes > 2 and isinstance(network.loss, BinaryCrossEntropy):
        yield "no equivalent: a sigmoid unit for each of several classes that exclude each other"


def gradient_factor(built: Built, rows: int) -> float:
    """Gradients here, as a multiple of scikit-learn's, whose output has dz = (a - t) / rows."""
    loss, outputs = built.network.loss, built.network.outputs
    if isinstance(loss, CrossEntropy | BinaryCrossEntropy):
        return 1.0
    return 2.0 * loss.factor(rows, outputs) * rows


def _numbers(built: Built) -> dict[str, Any]:
    """The numbers that scikit-learn's conventions turn ours into."""
    rows = built.job.batch_rows
    times = gradient_factor(built, rows)
    chosen = built.experiment.optimizer
    l2 = getattr(_denses(built)[-1].kernel_regularizer, "l2", 0.0)
    return {
        "times": times,
        "rows": rows,
        "inner": times * getattr(chosen, "learning_rate", 0.0),
        "outer": getattr(chosen, "epsilon", 0.0) / times,
        "alpha": 2.0 * l2 * rows / times,
        "epochs": built.job.training.epochs,
        "evaluations": built.job.training.epochs * getattr(chosen, "max_line_search", 0),
    }


def _perceptron(built: Built) -> Equivalent:
    """MLPClassifier or MLPRegressor, with every key that matters."""
    numbers, chosen, denses = _numbers(built), built.experiment.optimizer, _denses(built)
    name = "MLPClassifier" if built.table.classes else "MLPRegressor"
    optimizer = said(chosen, **numbers)
    keys = [f"hidden_layer_sizes={tuple(layer.units for layer in denses[:-1])},"]
    notes: tuple[str, ...] = ()
    if denses[:-1]:
        activation = said(denses[0].activation)
        keys.append(f"activation={activation.code},")
        notes = activation.notes
    penalty: Regularizer | None = denses[-1].kernel_regularizer
    shrink = says("alpha=0.0,", "alpha is 0.0001 by default") if penalty is None else Equivalent()
    if penalty is not None:
        found = said(penalty, **numbers)
        shrink = Equivalent(f"{found.code},", found.notes)
    keys += [f"{optimizer.code},", shrink.code, f"max_iter={numbers['epochs']},"]
    if not isinstance(chosen, Lbfgs):
        shuffles = built.job.batch_rows < len(built.job.train)
        keys.append(f"batch_size={built.job.batch_rows}, shuffle={shuffles},")
        keys.append(f"tol=0.0, n_iter_no_change={numbers['epochs']},  # never stops by itself")
    weights = ", sample_weight=w" if built.job.train.weights is not None else ""
    code = f"from sklearn.neural_network import {name}\n\nmodel = {name}(\n"
    code += indented("\n".join(keys)) + f"\n)\nmodel.fit(x, y{weights})"
    if abs(numbers["times"] - 1.0) > 1e-12:
        notes += said(built.network.loss, **numbers).notes
    return Equivalent(code, notes + optimizer.notes + shrink.notes) + _start(built)


def _start(built: Built) -> Equivalent:
    """How the weights start."""
    logistic = bool(_denses(built)[:-1]) and _denses(built)[0].activation.name == "sigmoid"
    times = 2 if logistic else 6
    return says(
        "",
        f"W and b start uniform within +-sqrt({times} / (inputs + units)); for another, "
        "fit one epoch with warm_start=True, set coefs_ and intercepts_, and fit again",
    )


def _missing(built: Built) -> Equivalent:
    """What the estimator leaves out of the experiment."""
    training, found = built.experiment.training, Equivalent()
    rows, batch = len(built.job.train), built.job.batch_rows
    if not isinstance(built.experiment.optimizer, Lbfgs):
        if not built.experiment.schedule.is_constant:
            found += said(built.experiment.schedule)
        if training.sampling != "shuffle" or built.job.steps_per_epoch != -(-rows // batch):
            found += lacks(f"{built.job.steps_per_epoch} steps an epoch, {training.sampling}")
        if rows % batch and _denses(built)[-1].kernel_regularizer is not None:
            found += says("", f"the last batch has {rows % batch} rows: alpha weighs more there")
        if rows % batch and gradient_factor(built, 1) != gradient_factor(built, 2):
            found += says("", f"the last batch has {rows % batch} rows: its step differs")
    if training.clip_grad_norm is not None:
        found += lacks("clip_grad_norm")
    if training.early_stopping is not None:
        found += lacks(
            f"early stopping by {training.early_stopping.monitor}; early_stopping=True holds out "
            "rows of its own and watches accuracy or R2"
        )
    if training.converged is not None:
        found += lacks("converged; tol and n_iter_no_change watch the mean loss of the batches")
    if built.job.train.weights is not None:
        found += says("", "sample_weight needs scikit-learn 1.7; it divides by a batch's weights")
    return found


def _linear(built: Built) -> Equivalent:
    """The estimator that goes straight to the minimum where there are no hidden layers."""
    if len(built.network.nodes) > 1 or built.network.output.trainable is False:
        return Equivalent()
    penalty, rows = built.network.output.kernel_regularizer, len(built.job.train)
    if not isinstance(penalty, L2 | None) or not built.network.output.bias:
        return Equivalent()
    l2 = 0.0 if penalty is None else penalty.l2
    if built.table.classes:
        if not built.network.is_matched:
            return Equivalent()
        strength = f"C={1.0 / (2.0 * rows * l2):.6g}" if l2 else "C=float('inf')"
        return says("", f"without hidden layers this is LogisticRegression({strength})")
    if list(_head(built)) or built.network.loss.name not in ("mse", "half_mse", "rss"):
        return Equivalent()
    alpha = l2 / built.network.loss.factor(rows, built.network.outputs)
    name = f"Ridge(alpha={alpha:.6g})" if l2 else "LinearRegression()"
    return says("", f"without hidden layers the minimum is that of {name}")
