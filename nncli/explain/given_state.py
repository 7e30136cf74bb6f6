"""Given state: what no other library is told here of an optimizer's memory."""

from nncli.assembly.build import Built
from nncli.equivalent import Equivalent, unsupported


def given_state(built: Built) -> Equivalent:
    """The note that initial_state isn't among what is to be pasted, where a config has one."""
    if built.job.optimizer.given_state is None:
        return Equivalent()
    return unsupported("optimizer.initial_state; what the optimizer remembers starts from 0")
