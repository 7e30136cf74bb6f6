"""scikit-learn: an MLPClassifier or MLPRegressor with the same settings, if there is one."""

from collections.abc import Iterator
from textwrap import indent
from typing import Any

from nncli.assembly.build import Built
from nncli.equivalent import Equivalent, unsupported
from nncli.errors import few, printable
from nncli.explain.no_equivalent import given_state
from nncli.parts.layers import Dense
from nncli.parts.losses import BinaryCrossEntropy, CrossEntropy
from nncli.parts.optimizers import Sgd
from nncli.parts.regularizers import L2


def equivalent(built: Built) -> Equivalent:
    """The code, with notes on what differs; no code if the network can't be expressed."""
    barriers = Equivalent("", *dict.fromkeys(_barriers(built)))
    if barriers.notes:
        return barriers + _linear(built)
    return _perceptron(built) + _polynomial(built) + _missing(built) + _linear(built)


def _denses(built: Built) -> list[Dense]:
    return [node.layer for node in built.network.nodes if isinstance(node.layer, Dense)]


def _barriers(built: Built) -> Iterator[str]:
    """Yields the reasons why no MLPClassifier or MLPRegressor is this network."""
    network, optimizer = built.network, built.job.optimizer
    layers: list[Any] = [node.layer for node in network.nodes]
    hidden = [layer.activation for layer in _denses(built)[:-1]]
    penalties = [layer.kernel_regularizer for layer in _denses(built)]
    for part in (*layers, *hidden, network.loss, optimizer, *filter(None, penalties)):
        found = part.equivalent("scikit-learn", **_numbers(built))
        if not found.code:
            yield from found.notes
    if len(set(hidden)) > 1:
        yield "no equivalent: different activations in the hidden layers"
    yield from _head(built)
    if any(not layer.bias or not _learns(layer) for layer in _denses(built)):
        yield "no equivalent: layers without bias, or frozen ones"
    if len(set(penalties)) > 1:
        yield "no equivalent: a penalty on some layers only; alpha is for all of them"
    if isinstance(optimizer, Sgd) and optimizer.initial_velocity:
        yield "no equivalent: initial_velocity; the velocity starts from 0"
    yield from given_state(built).notes


def _head(built: Built) -> Iterator[str]:
    """Yields a reason if the output and the loss are another pair than scikit-learn's."""
    network, classes = built.network, len(built.table.classes)
    are_told = built.table.task != "regression"  # classes, or labels
    own = network.is_matched if are_told else network.output.activation.name == "identity"
    if not own or are_told != isinstance(network.loss, CrossEntropy | BinaryCrossEntropy):
        pair = f"{network.output.activation.name} outputs with {network.loss.name}"
        yield f"no equivalent: {pair} {'for classes' if are_told else 'for numbers'}"
    elif classes == 2 and network.outputs == 2:
        yield "no equivalent: two softmax units for two classes; MLPClassifier has one sigmoid unit"
    elif classes > 2 and isinstance(network.loss, BinaryCrossEntropy):
        yield "no equivalent: a sigmoid unit for each of several classes that exclude each other"


def gradient_factor(built: Built, rows: int) -> float:
    """nncli's gradient / scikit-learn's, whose output has dz = (a - t) / rows."""
    loss, outputs = built.network.loss, built.network.outputs
    if isinstance(loss, CrossEntropy | BinaryCrossEntropy):
        return 1.0
    return 2.0 * loss.factor(rows, outputs) * rows


def _numbers(built: Built) -> dict[str, Any]:
    """The values of learning rate, epsilon and alpha in scikit-learn's conventions."""
    rows, chosen = built.job.batch_rows, built.job.optimizer
    times = gradient_factor(built, rows)
    l2 = getattr(_denses(built)[-1].kernel_regularizer, "l2", 0.0)
    return {
        "times": times,
        "scaled_rate": times * built.job.base_learning_rate if chosen.has_learning_rate else 0.0,
        "scaled_epsilon": getattr(chosen, "epsilon", 0.0) / times,
        "alpha": 2.0 * l2 * rows / times,
        "epochs": built.job.training.epochs,
    }


def _perceptron(built: Built) -> Equivalent:
    """MLPClassifier or MLPRegressor, with every relevant argument."""
    numbers, job, denses = _numbers(built), built.job, _denses(built)
    name = "MLPRegressor" if built.table.task == "regression" else "MLPClassifier"
    keys = Equivalent(f"hidden_layer_sizes={tuple(layer.units for layer in denses[:-1])},")
    if denses[:-1]:
        activation = denses[0].activation.equivalent("scikit-learn")
        keys += Equivalent(f"activation={activation.code},", *activation.notes)
    if abs(numbers["times"] - 1.0) > 1e-12:
        keys += Equivalent("", *built.network.loss.equivalent("scikit-learn", **numbers).notes)
    optimizer = job.optimizer.equivalent("scikit-learn", **numbers)
    keys += Equivalent(f"{optimizer.code},", *optimizer.notes)
    if (penalty := denses[-1].kernel_regularizer) is None:
        keys += Equivalent("alpha=0.0,", "alpha is 0.0001 by default")
    else:
        shrink = penalty.equivalent("scikit-learn", **numbers)
        keys += Equivalent(f"{shrink.code},", *shrink.notes)
    keys += Equivalent(f"max_iter={numbers['epochs']},")
    if job.optimizer.has_update:
        shuffles = job.batch_rows < len(job.train)
        keys += Equivalent(f"batch_size={job.batch_rows}, shuffle={shuffles},")
        never = "  # never stops by itself"
        keys += Equivalent(f"tol=0.0, n_iter_no_change={numbers['epochs']},{never}")
    weights = ", sample_weight=w" if job.train.weights is not None else ""
    code = f"from sklearn.neural_network import {name}\n\nmodel = {name}(\n"
    code += f"{indent(keys.code, '    ')}\n)\nmodel.fit(x, y{weights})"
    return Equivalent(code, *keys.notes) + _start(built)


def _polynomial(built: Built) -> Equivalent:
    """A note on PolynomialFeatures, if the config has a polynomial."""
    derivation = built.experiment.data.features.derivation
    if not derivation.degree:
        return Equivalent()
    of = f" of {few([*map(printable, derivation.of)])}" if derivation.of else ""
    said = f"PolynomialFeatures({derivation.degree}, include_bias=False){of} makes the products"
    return Equivalent("", f"x are the inputs; {said}, before they are scaled")


def _start(built: Built) -> Equivalent:
    """A note on the initial weights."""
    logistic = bool(_denses(built)[:-1]) and _denses(built)[0].activation.name == "sigmoid"
    times = 2 if logistic else 6
    return Equivalent(
        "",
        f"W and b start uniform within +-sqrt({times} / (inputs + units)); for another, "
        "fit one epoch with warm_start=True, set coefs_ and intercepts_, and fit again",
    )


def _missing(built: Built) -> Equivalent:
    """Notes on what the estimator lacks."""
    training = built.job.training
    found = _steps(built) if built.job.optimizer.has_update else Equivalent()
    if training.clip_grad_norm is not None:
        found += unsupported("clip_grad_norm")
    if training.early_stopping is not None:
        found += unsupported(
            f"early stopping by {training.early_stopping.monitor}; early_stopping=True holds out "
            "rows of its own and watches accuracy or R2"
        )
    if training.converged is not None:
        watched = "tol and n_iter_no_change watch the mean loss of the batches"
        found += unsupported(f"converged; {watched}")
    if built.experiment.decision is not None:
        note = "predict takes the likelier class: FixedThresholdClassifier gives it a threshold, "
        found += Equivalent("", f"{note}TunedThresholdClassifierCV chooses one")
    if built.job.train.weights is not None:
        note = "sample_weight needs scikit-learn 1.7; it divides by a batch's weights"
        found += Equivalent("", note)
    return found


def _steps(built: Built) -> Equivalent:
    """Notes on differences in epochs, batches and rates."""
    job, found = built.job, Equivalent()
    if not job.schedule.is_constant:
        found += job.schedule.equivalent(
            "scikit-learn",
            learning_rate=job.base_learning_rate,
            steps=job.steps_per_interval,
            total=job.schedule_total,
        )
    if not job.is_one_pass:
        found += unsupported(f"{job.steps_per_epoch} steps an epoch, {job.training.sampling}")
    if (last := job.last_batch_rows) < job.batch_rows:
        said = f"the last batch has {last} rows: "
        if _denses(built)[-1].kernel_regularizer is not None:
            found += Equivalent("", f"{said}alpha weighs more there")
        if gradient_factor(built, 1) != gradient_factor(built, 2):
            found += Equivalent("", f"{said}its step differs")
    return found


def _learns(layer: Dense) -> bool:
    """Whether both W and b are trained."""
    return all(layer.trains(name) for name in ("W", "b"))


def _linear(built: Built) -> Equivalent:
    """A note on the estimator that solves a network without hidden layers directly."""
    if len(built.network.nodes) > 1 or not _learns(built.network.output):
        return Equivalent()
    penalty, rows = built.network.output.kernel_regularizer, len(built.job.train)
    if not isinstance(penalty, L2 | None) or not built.network.output.bias:
        return Equivalent()
    l2 = 0.0 if penalty is None else penalty.l2
    if built.table.task != "regression":
        if not built.network.is_matched or not built.network.loss.equivalent("scikit-learn").code:
            return Equivalent()
        strength = f"C={1.0 / (2.0 * rows * l2):.6g}" if l2 else "C=float('inf')"
        model = f"LogisticRegression({strength})"
        each = f"OneVsRestClassifier({model})" if built.table.labels else model
        return Equivalent("", f"without hidden layers this is {each}")
    if list(_head(built)) or built.network.loss.name not in ("mse", "half_mse", "half_sse", "rss"):
        return Equivalent()
    alpha = l2 / built.network.loss.factor(rows, built.network.outputs)
    name = f"Ridge(alpha={alpha:.6g})" if l2 else "LinearRegression()"
    return Equivalent("", f"without hidden layers the minimum is that of {name}")
