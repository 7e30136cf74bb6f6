"""Target units: the script's function from outputs to the units of a transformed target."""

from nncli.data.scaling import Scaling
from nncli.export.numpy_script.formatting import function

UNDO = {
    "log": "np.exp({0})",
    "log1p": "np.expm1({0})",
    "sqrt": "np.square(np.maximum({0}, 0.0))",
}


def target_units(scaling: Scaling) -> list[str]:
    """The lines of the function; none for a target that isn't transformed."""
    if scaling.transform == "none":
        return []
    learnt = "outputs"
    if scaling.method != "none":
        learnt = f"outputs * np.array({scaling.scale}) + np.array({scaling.shift})"
    body = [f"return {UNDO[scaling.transform].format(learnt)}"]
    return function("in_target_units", ["outputs"], "The network's outputs as targets.", body)
