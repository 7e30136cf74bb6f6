"""Layer shapes: which layer of a config gets rows of which shape."""

from collections.abc import Iterator

from nncli.config.experiment import NetworkKeys
from nncli.errors import ShapeError
from nncli.parts.arrays import Shape
from nncli.parts.layers import Layer


def layer_shapes(network: NetworkKeys, shape: Shape) -> Iterator[tuple[str, Layer, Shape]]:
    """(key, layer, the shape of its input) of each; shape: of the network's input.

    Raises ShapeError at the key of a layer that can't take what it gets.
    """
    hidden = [(f"network.hidden[{i}]", layer) for i, layer in enumerate(network.hidden)]
    for key, layer in [*hidden, ("network.output", network.output.dense())]:
        assert isinstance(layer, Layer)  # bare units have become dense layers
        try:
            following = layer.output_shape(shape)
        except ShapeError as error:
            raise ShapeError(str(error), key) from None
        yield key, layer, shape
        shape = following
