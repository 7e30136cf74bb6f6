"""Normalization: scaling to mean 0 and variance 1, over the rows of a batch or within each row."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from nncli.constraints import Fraction, Positive
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.arrays import Array, LayerBuffers, Shape, Shapes, lines
from nncli.parts.initializers import Initializer, Ones, Zeros
from nncli.parts.layers.layer import Layer
from nncli.registry import part


def _scaled(buffers: LayerBuffers, variance: Array, epsilon: float) -> None:
    """Write inv_std, x_hat and y; x_hat must hold x - mean."""
    x_hat, inv_std = buffers.saved["x_hat"], buffers.saved["inv_std"]
    np.add(variance, epsilon, out=inv_std)
    np.sqrt(inv_std, out=inv_std)
    np.reciprocal(inv_std, out=inv_std)
    np.multiply(x_hat, inv_std, out=x_hat)
    np.multiply(x_hat, buffers.params["gamma"], out=buffers.y)
    np.add(buffers.y, buffers.params["beta"], out=buffers.y)


@part("batch_norm", "batch_normalization")
class BatchNorm(Layer):
    """y = gamma * x_hat + beta, with x_hat = (x - mean) / sqrt(variance + epsilon) per column.

    Of images a column is a channel: statistics are over all places of all rows, too.

    Training uses the batch's mean and (biased) variance and moves the running ones:
    running <- momentum * running + (1 - momentum) * batch; evaluation uses the running ones.
    Backward, n rows: dx = gamma / sqrt(variance + epsilon)
    * (dy - mean(dy) - x_hat * mean(dy * x_hat)).
    Source: Ioffe and Szegedy (2015), Batch normalization.
    """

    momentum: Fraction = 0.9
    epsilon: Positive = 1e-5
    gamma_initializer: Initializer = Ones()
    beta_initializer: Initializer = Zeros()
    moving_mean_initializer: Initializer = Zeros()
    moving_variance_initializer: Initializer = Ones()
    trainable: Annotated[bool, "false freezes gamma, beta and the running statistics"] = True
    equivalents = {
        "scikit-learn": unsupported("batch_norm"),
        "keras": Equivalent(
            "layers.BatchNormalization(momentum={momentum}, epsilon={epsilon}{more_keys})",
            "BatchNormalization's defaults are momentum=0.99 and epsilon=0.001",
        ),
        "pytorch": Equivalent(
            "nn.BatchNorm1d({inputs}, eps={epsilon}, momentum={rest:.12g})",
            "BatchNorm1d's momentum is the share of the new batch: 1 - {momentum} = {rest:.12g}",
            "BatchNorm1d's running variance is the batch's times n / (n - 1): training is the "
            "same, evaluation differs a little; a batch of one row is an error",
        ),
    }

    def equivalent(self, library: str, **names: object) -> Equivalent:
        return super().equivalent(library, rest=1.0 - self.momentum, **names)

    @property
    def is_trainable(self) -> bool:
        return self.trainable

    def param_shapes(self, input_shape: Shape) -> Shapes:
        return {"gamma": input_shape[-1:], "beta": input_shape[-1:]}

    def state_shapes(self, input_shape: Shape) -> Shapes:
        return {"moving_mean": input_shape[-1:], "moving_variance": input_shape[-1:]}

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        wide, column = (batch, *input_shape), input_shape[-1:]
        return {
            "x_hat": wide,
            "scratch": wide,
            "mean": column,
            "variance": column,
            "inv_std": column,
            "sum": column,
        }

    def initializers(self) -> Mapping[str, Initializer]:
        return {
            "gamma": self.gamma_initializer,
            "beta": self.beta_initializer,
            "moving_mean": self.moving_mean_initializer,
            "moving_variance": self.moving_variance_initializer,
        }

    def uses_batch_statistics(self, buffers: LayerBuffers) -> bool:
        """Whether the batch's statistics are used; a frozen layer uses the running ones."""
        return buffers.training and self.trainable

    def forward(self, buffers: LayerBuffers) -> None:
        x_hat, mean = buffers.saved["x_hat"], buffers.saved["mean"]
        variance = buffers.state["moving_variance"]
        if self.uses_batch_statistics(buffers):
            self._mean(buffers, buffers.x, out=mean)
            np.subtract(buffers.x, mean, out=x_hat)
            np.multiply(x_hat, x_hat, out=buffers.saved["scratch"])
            variance = buffers.saved["variance"]
            self._mean(buffers, buffers.saved["scratch"], out=variance)
            self._move(buffers, "moving_mean", mean)
            self._move(buffers, "moving_variance", variance)
        else:
            np.subtract(buffers.x, buffers.state["moving_mean"], out=x_hat)
        _scaled(buffers, variance, self.epsilon)

    def backward(self, buffers: LayerBuffers) -> None:
        assert buffers.dy is not None
        x_hat, scratch, column = (
            buffers.saved["x_hat"],
            buffers.saved["scratch"],
            buffers.saved["sum"],
        )
        np.multiply(buffers.dy, x_hat, out=scratch)
        if "gamma" in buffers.grads:
            np.dot(buffers.ones, lines(scratch), out=buffers.grads["gamma"])
            np.dot(buffers.ones, lines(buffers.dy), out=buffers.grads["beta"])
        if buffers.dx is None:
            return
        if self.uses_batch_statistics(buffers):
            self._mean(buffers, scratch, out=column)
            np.multiply(x_hat, column, out=scratch)
            np.subtract(buffers.dy, scratch, out=buffers.dx)
            self._mean(buffers, buffers.dy, out=column)
            np.subtract(buffers.dx, column, out=buffers.dx)
        else:
            np.copyto(buffers.dx, buffers.dy)
        np.multiply(buffers.saved["inv_std"], buffers.params["gamma"], out=column)
        np.multiply(buffers.dx, column, out=buffers.dx)

    def formulas(self) -> dict[str, str]:
        own = {
            "mean": "mean of {x} over rows",
            "variance": "mean of ({x} - {mean})^2 over rows",
        }
        prefix = "" if self.trainable else "moving_"
        return {
            **(own if self.trainable else {}),
            "inv_std": self.fill(f"1 / sqrt({{{prefix}variance}} + {{epsilon}})"),
            "x_hat": f"({{x}} - {{{prefix}mean}}) * {{inv_std}}",
            "a": "{gamma} * {x_hat} + {beta}",
        }

    def backward_formulas(self) -> dict[str, str]:
        shifted = " - mean of {da} over rows - {x_hat} * (mean of {da} * {x_hat} over rows)"
        return {
            "dgamma": "sum of {da} * {x_hat} over rows",
            "dbeta": "sum of {da} over rows",
            "dx": "{gamma} * {inv_std} * " + (f"({{da}}{shifted})" if self.trainable else "{da}"),
        }

    def state_formulas(self) -> dict[str, str]:
        keep = "{momentum} * {moving_%s} + (1 - {momentum}) * {%s}"
        return {f"moving_{name}": self.fill(keep % (name, name)) for name in ("mean", "variance")}

    @staticmethod
    def _mean(buffers: LayerBuffers, x: Array, out: Array) -> None:
        np.dot(buffers.ones, lines(x), out=out)
        np.multiply(out, 1.0 / len(buffers.ones), out=out)

    def _move(self, buffers: LayerBuffers, name: str, batch_value: Array) -> None:
        running, column = buffers.state[name], buffers.saved["sum"]
        np.multiply(running, self.momentum, out=running)
        np.multiply(batch_value, 1.0 - self.momentum, out=column)
        np.add(running, column, out=running)


@part("layer_norm", "layer_normalization")
class LayerNorm(Layer):
    """y = gamma * x_hat + beta, with x_hat = (x - mean) / sqrt(variance + epsilon) per row.

    Mean and (biased) variance are those of a row's own features, so that training and evaluation
    are the same and a batch may be of one row; of images, those of the channels at each place.
    Backward, with g = gamma * dy: dx = (g - mean(g) - x_hat * mean(g * x_hat)) / sqrt(variance +
    epsilon).
    Source: Ba, Kiros and Hinton (2016), Layer normalization.
    """

    epsilon: Positive = 1e-5
    gamma_initializer: Initializer = Ones()
    beta_initializer: Initializer = Zeros()
    trainable: Annotated[bool, "false freezes gamma and beta"] = True
    equivalents = {
        "scikit-learn": unsupported("layer_norm"),
        "keras": Equivalent(
            "layers.LayerNormalization(epsilon={epsilon}{more_keys})",
            "LayerNormalization's default is epsilon=0.001",
        ),
        "pytorch": "nn.LayerNorm({inputs}, eps={epsilon})",
    }

    @property
    def is_trainable(self) -> bool:
        return self.trainable

    def param_shapes(self, input_shape: Shape) -> Shapes:
        return {"gamma": input_shape[-1:], "beta": input_shape[-1:]}

    def saved_shapes(self, batch: int, input_shape: Shape) -> Shapes:
        wide, line = (batch, *input_shape), (batch, *input_shape[:-1], 1)
        columns = dict.fromkeys(("mean", "variance", "inv_std", "sum"), line)
        return {"x_hat": wide, "scratch": wide, **columns}

    def initializers(self) -> Mapping[str, Initializer]:
        return {"gamma": self.gamma_initializer, "beta": self.beta_initializer}

    def forward(self, buffers: LayerBuffers) -> None:
        saved = buffers.saved
        x_hat, variance = saved["x_hat"], saved["variance"]
        self._mean(buffers.x, out=saved["mean"])
        np.subtract(buffers.x, saved["mean"], out=x_hat)
        np.multiply(x_hat, x_hat, out=saved["scratch"])
        self._mean(saved["scratch"], out=variance)
        _scaled(buffers, variance, self.epsilon)

    def backward(self, buffers: LayerBuffers) -> None:
        assert buffers.dy is not None
        saved, dx = buffers.saved, buffers.dx
        x_hat, scratch, mean = saved["x_hat"], saved["scratch"], saved["sum"]
        np.multiply(buffers.dy, x_hat, out=scratch)
        if "gamma" in buffers.grads:
            np.dot(buffers.ones, lines(scratch), out=buffers.grads["gamma"])
            np.dot(buffers.ones, lines(buffers.dy), out=buffers.grads["beta"])
        if dx is None:
            return
        np.multiply(scratch, buffers.params["gamma"], out=scratch)
        self._mean(scratch, out=mean)
        np.multiply(x_hat, mean, out=scratch)
        np.multiply(buffers.dy, buffers.params["gamma"], out=dx)
        self._mean(dx, out=mean)
        np.subtract(dx, mean, out=dx)
        np.subtract(dx, scratch, out=dx)
        np.multiply(dx, saved["inv_std"], out=dx)

    def formulas(self) -> dict[str, str]:
        return {
            "mean": "mean of {x} over features",
            "variance": "mean of ({x} - {mean})^2 over features",
            "inv_std": self.fill("1 / sqrt({variance} + {epsilon})"),
            "x_hat": "({x} - {mean}) * {inv_std}",
            "a": "{gamma} * {x_hat} + {beta}",
        }

    def backward_formulas(self) -> dict[str, str]:
        mean = "mean of {gamma} * {da} over features"
        shifted = mean.replace("{da} over", "{da} * {x_hat} over")
        return {
            "dgamma": "sum of {da} * {x_hat} over rows",
            "dbeta": "sum of {da} over rows",
            "dx": f"{{inv_std}} * ({{gamma}} * {{da}} - {mean} - {{x_hat}} * ({shifted}))",
        }

    @staticmethod
    def _mean(x: Array, out: Array) -> None:
        np.add.reduce(x, axis=-1, out=out, keepdims=True)
        np.multiply(out, 1.0 / x.shape[-1], out=out)
