"""Layers: what happens to a batch between input and output. Simple -> complex.

A layer declares the storage it needs and its kernels write only into the `Values` they are given.
Kernels call NumPy with `out=` alone, so that a plan can record the calls once and replay them.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nncli.constraints import Auto, Fraction, Positive, PositiveInt
from nncli.parts.activations import Activation, Identity, Relu
from nncli.parts.arrays import Array, Shapes, Values
from nncli.parts.initializers import Initializer, Ones, Zeros
from nncli.parts.regularizers import Regularizer
from nncli.registry import Part, part


class Layer(Part):
    """y = f(x), with a backward pass.

    is_random: whether a training pass draws random numbers.
    """

    kind = "layer"
    is_random: ClassVar[bool] = False

    def outputs(self, inputs: int) -> int:
        """Columns of y, given the columns of x."""
        return inputs

    def param_shapes(self, inputs: int) -> Shapes:
        """Parameters that training moves along a gradient."""
        return {}

    def state_shapes(self, inputs: int) -> Shapes:
        """Numbers that a training pass updates by itself."""
        return {}

    def saved_shapes(self, batch: int, inputs: int) -> Shapes:
        """Arrays kept from forward to backward, and scratch."""
        return {}

    def initializers(self) -> Mapping[str, Initializer]:
        """How each parameter and state starts."""
        return {}

    def forward(self, v: Values) -> None:
        """Write y (and saved arrays) from x and the parameters."""
        raise NotImplementedError

    def backward(self, v: Values) -> None:
        """Write the gradients present in v, and dx unless it is None."""
        raise NotImplementedError

    def penalty(self, params: Mapping[str, Array]) -> float:
        """What this layer's regularizers add to the loss."""
        return 0.0

    def penalty_backward(self, v: Values) -> None:
        """Add the penalty's gradient to the gradients present in v."""

    @property
    def is_trainable(self) -> bool:
        """Whether gradients move this layer's parameters."""
        return True


@part("input")
class Input(Part):
    """x: one column per feature. A check only: the data decides how many there are."""

    kind = "layer"
    units: PositiveInt


@part("dense", "fully_connected", "fullyconn")
class Dense(Layer):
    """z = x W + b; a = activation(z).

    Backward: dz = da * activation'(z); dW = x^T dz; db = column sums of dz; dx = dz W^T.
    """

    units: PositiveInt
    activation: Activation = Relu()
    kernel_initializer: Annotated[Initializer | Auto, "auto: what suits the activation"] = "auto"
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: Annotated[Regularizer | None, "a penalty on W"] = None
    bias: Annotated[bool, "whether there is a b"] = True
    trainable: Annotated[bool, "false freezes W and b"] = True
    key_aliases = {"use_bias": "bias", "regularizer": "kernel_regularizer"}

    @property
    def is_trainable(self) -> bool:
        return self.trainable

    def outputs(self, inputs: int) -> int:
        return self.units

    def param_shapes(self, inputs: int) -> Shapes:
        bias = {"b": (self.units,)} if self.bias else {}
        return {"W": (inputs, self.units), **bias}

    def saved_shapes(self, batch: int, inputs: int) -> Shapes:
        scratch = self.activation.scratch_shapes(batch, self.units)
        if type(self.activation) is not Identity:  # whose z is y and whose dz is dy
            scratch = {"z": (batch, self.units), "dz": (batch, self.units), **scratch}
        if self.kernel_regularizer:
            scratch = {**scratch, "penalty": (inputs, self.units)}
        return scratch

    def initializers(self) -> Mapping[str, Initializer]:
        kernel = self.kernel_initializer
        if kernel == "auto":
            kernel = self.activation.initializer
        return {"W": kernel, "b": self.bias_initializer}

    def forward(self, v: Values) -> None:
        z = v.saved.get("z", v.y)
        np.dot(v.x, v.params["W"], out=z)
        if self.bias:
            np.add(z, v.params["b"], out=z)
        if z is not v.y:
            self.activation.forward(z, v.y, v.saved)

    def backward(self, v: Values) -> None:
        assert v.dy is not None
        if "dz" in v.saved:
            self.activation.backward(v.dy, v.saved["z"], v.y, v.saved["dz"], v.saved)
        self.backward_affine(v)

    def backward_affine(self, v: Values) -> None:
        """The backward pass from dz on: a loss that knows dz itself starts here."""
        dz = v.saved.get("dz", v.dy)
        assert dz is not None
        if "W" in v.grads:
            np.dot(v.x.T, dz, out=v.grads["W"])
        if "b" in v.grads:
            np.dot(v.ones, dz, out=v.grads["b"])
        if v.dx is not None:
            np.dot(dz, v.params["W"].T, out=v.dx)

    def penalty(self, params: Mapping[str, Array]) -> float:
        return self.kernel_regularizer.value(params["W"]) if self.kernel_regularizer else 0.0

    def penalty_backward(self, v: Values) -> None:
        if self.kernel_regularizer and "W" in v.grads:
            self.kernel_regularizer.backward(v.params["W"], v.grads["W"], v.saved["penalty"])


@part("output")
class Output(Part):
    """The last dense layer; `auto` follows the data and the task.

    Binary: 1 sigmoid unit; classes: one softmax unit each; regression: one identity unit a target.
    """

    kind = "layer"
    units: PositiveInt | Auto = "auto"
    activation: Activation | Auto = "auto"
    kernel_initializer: Annotated[Initializer | Auto, "auto: what suits the activation"] = "auto"
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: Annotated[Regularizer | None, "a penalty on W"] = None
    bias: Annotated[bool, "whether there is a b"] = True
    trainable: Annotated[bool, "false freezes W and b"] = True
    key_aliases = Dense.key_aliases

    def dense(self) -> Dense:
        """The layer that runs, once units and activation are known."""
        assert self.units != "auto"
        assert self.activation != "auto"
        return Dense(
            self.units,
            self.activation,
            self.kernel_initializer,
            self.bias_initializer,
            self.kernel_regularizer,
            self.bias,
            self.trainable,
        )


@part("activation")
class ActivationLayer(Layer):
    """a = function(x): an activation by itself, as after batch_norm."""

    function: Activation = Relu()

    def saved_shapes(self, batch: int, inputs: int) -> Shapes:
        return self.function.scratch_shapes(batch, inputs)

    def forward(self, v: Values) -> None:
        self.function.forward(v.x, v.y, v.saved)

    def backward(self, v: Values) -> None:
        if v.dx is not None:
            assert v.dy is not None
            self.function.backward(v.dy, v.x, v.y, v.dx, v.saved)


@part("dropout")
class Dropout(Layer):
    """y = x * mask / (1 - rate) in training, y = x otherwise (inverted dropout).

    mask is 0 with probability `rate`, else 1, drawn afresh for every unit, row and step.
    Source: Srivastava et al. (2014), Dropout: a simple way to prevent overfitting.
    """

    rate: Annotated[Fraction, "the share of units dropped"] = 0.5
    is_random = True

    def saved_shapes(self, batch: int, inputs: int) -> Shapes:
        return {"mask": (batch, inputs)}

    def forward(self, v: Values) -> None:
        if not v.training:
            np.copyto(v.y, v.x)
            return
        assert v.uniform is not None
        mask = v.saved["mask"]
        v.uniform(mask)
        np.greater_equal(mask, self.rate, out=mask)
        np.multiply(mask, 1.0 / (1.0 - self.rate), out=mask)
        np.multiply(v.x, mask, out=v.y)

    def backward(self, v: Values) -> None:
        if v.dx is not None:
            assert v.dy is not None
            np.multiply(v.dy, v.saved["mask"], out=v.dx)


@part("batch_norm", "batch_normalization")
class BatchNorm(Layer):
    """y = gamma * x_hat + beta, with x_hat = (x - mean) / sqrt(variance + epsilon) per column.

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

    @property
    def is_trainable(self) -> bool:
        return self.trainable

    def param_shapes(self, inputs: int) -> Shapes:
        return {"gamma": (inputs,), "beta": (inputs,)}

    def state_shapes(self, inputs: int) -> Shapes:
        return {"moving_mean": (inputs,), "moving_variance": (inputs,)}

    def saved_shapes(self, batch: int, inputs: int) -> Shapes:
        wide, column = (batch, inputs), (inputs,)
        return {
            "x_hat": wide,
            "scratch": wide,
            "mean": column,
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

    def uses_batch_statistics(self, v: Values) -> bool:
        """A frozen layer keeps to its running statistics in training too."""
        return v.training and self.trainable

    def forward(self, v: Values) -> None:
        x_hat, mean, inv_std = v.saved["x_hat"], v.saved["mean"], v.saved["inv_std"]
        if self.uses_batch_statistics(v):
            self._mean(v, v.x, out=mean)
            np.subtract(v.x, mean, out=x_hat)
            np.multiply(x_hat, x_hat, out=v.saved["scratch"])
            self._mean(v, v.saved["scratch"], out=inv_std)
            self._move(v, "moving_mean", mean)
            self._move(v, "moving_variance", inv_std)
        else:
            np.subtract(v.x, v.state["moving_mean"], out=x_hat)
            np.copyto(inv_std, v.state["moving_variance"])
        np.add(inv_std, self.epsilon, out=inv_std)
        np.sqrt(inv_std, out=inv_std)
        np.reciprocal(inv_std, out=inv_std)
        np.multiply(x_hat, inv_std, out=x_hat)
        np.multiply(x_hat, v.params["gamma"], out=v.y)
        np.add(v.y, v.params["beta"], out=v.y)

    def backward(self, v: Values) -> None:
        assert v.dy is not None
        x_hat, scratch, column = v.saved["x_hat"], v.saved["scratch"], v.saved["sum"]
        np.multiply(v.dy, x_hat, out=scratch)
        if "gamma" in v.grads:
            np.dot(v.ones, scratch, out=v.grads["gamma"])
            np.dot(v.ones, v.dy, out=v.grads["beta"])
        if v.dx is None:
            return
        if self.uses_batch_statistics(v):
            self._mean(v, scratch, out=column)
            np.multiply(x_hat, column, out=scratch)
            np.subtract(v.dy, scratch, out=v.dx)
            self._mean(v, v.dy, out=column)
            np.subtract(v.dx, column, out=v.dx)
        else:
            np.copyto(v.dx, v.dy)
        np.multiply(v.saved["inv_std"], v.params["gamma"], out=column)
        np.multiply(v.dx, column, out=v.dx)

    @staticmethod
    def _mean(v: Values, x: Array, out: Array) -> None:
        np.dot(v.ones, x, out=out)
        np.multiply(out, 1.0 / x.shape[0], out=out)

    def _move(self, v: Values, name: str, batch_value: Array) -> None:
        running, column = v.state[name], v.saved["sum"]
        np.multiply(running, self.momentum, out=running)
        np.multiply(batch_value, 1.0 - self.momentum, out=column)
        np.add(running, column, out=running)
