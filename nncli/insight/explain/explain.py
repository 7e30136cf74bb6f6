"""An explanation: the formulas in force, and the equivalent settings of other libraries."""

from collections.abc import Callable, Sequence

from nncli.config.build import Built
from nncli.insight.explain import keras, pytorch, scikit_learn
from nncli.insight.explain.answers import Answer, folded

LIBRARIES: dict[str, Callable[[Built], Answer]] = {
    "scikit-learn": scikit_learn.equivalent,
    "keras": keras.equivalent,
    "pytorch": pytorch.equivalent,
}


def equivalents(built: Built, libraries: Sequence[str]) -> dict[str, Answer]:
    """What each of these libraries is told; all of them if none is named."""
    answers = {name: LIBRARIES[name](built) for name in libraries or LIBRARIES}
    return {name: Answer(folded(found.code), found.notes) for name, found in answers.items()}
