"""An explanation: the formulas in force, and the equivalent settings of other libraries."""

from collections.abc import Callable, Sequence

from nncli.build.build import Built
from nncli.explain import keras, pytorch, scikit_learn
from nncli.explain.equivalent import Equivalent, folded

LIBRARIES: dict[str, Callable[[Built], Equivalent]] = {
    "scikit-learn": scikit_learn.equivalent,
    "keras": keras.equivalent,
    "pytorch": pytorch.equivalent,
}


def equivalents(built: Built, libraries: Sequence[str]) -> dict[str, Equivalent]:
    """What each of these libraries is told; all of them if none is named."""
    answers = {name: LIBRARIES[name](built) for name in libraries or LIBRARIES}
    return {name: Equivalent(folded(found.code), found.notes) for name, found in answers.items()}
