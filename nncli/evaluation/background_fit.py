"""The background fit: a process that imports scikit-learn and fits reference models meanwhile.

To import scikit-learn takes longer than to fit a small table, so the process is started before
anything else is imported here. It reads one task from standard input, writes the answer to standard
output, and ends. If it fails, or wouldn't be faster, the task is done in this process, with the
same result.
"""

import gc
import inspect
import pickle
import sys
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

from nncli.engine.threads import allowed_cores
from nncli.importing import importing
from nncli.operating_system import start_module

if TYPE_CHECKING:
    from subprocess import Popen

    from nncli.evaluation.boosted_trees import Trees
    from nncli.evaluation.linear_model import Linear
    from nncli.evaluation.reference_models import ReferenceTask

    Fitted = tuple[Linear, Trees]


class BackgroundFit:
    """Fits the reference models of one evaluation in another process, if that is faster."""

    def __init__(self) -> None:
        self._process: Popen[bytes] | None = None
        self._sender: Thread | None = None
        self._answer = b""

    def start(self) -> None:
        """Start the process, unless there is only one core, or scikit-learn is imported already."""
        if allowed_cores() < 2 or "sklearn" in sys.modules:
            return
        try:
            self._process = start_module(__name__, hears_errors=False)
        except OSError:
            return

    def ask(self, task: "ReferenceTask") -> None:
        """Send the task, if it is small. A thread waits for the answer."""
        if self._process is not None and task.is_small:
            request = pickle.dumps(task)
            self._sender = Thread(target=self._send, args=(self._process, request), daemon=True)
            self._sender.start()

    def _send(self, process: "Popen[bytes]", request: bytes) -> None:
        self._answer, _ = process.communicate(request)

    def fitted(self, task: "ReferenceTask") -> "Fitted":
        """The result of the task: the process's answer, else it is fitted now."""
        if self._sender is not None and self._process is not None:
            self._sender.join()
            if self._process.returncode == 0:
                made: Fitted = pickle.loads(self._answer)
                return made
        return task.fit()

    def __enter__(self) -> "BackgroundFit":
        return self

    def __exit__(self, *error: object) -> None:
        """End the process if it still runs."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.kill()
        if self._sender is None:
            self._process.communicate()
        else:
            self._sender.join()


class _HiddenPackages:
    """An import finder that hides optional dependencies of scikit-learn and joblib.

    They only serve pandas tables, progress bars and ending processes, and take a sixth of the
    import's time.
    """

    NAMES = frozenset({"pandas", "psutil", "rich"})

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> None:
        if name in cls.NAMES:
            raise ModuleNotFoundError(name, name=name)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """The process's main function: import scikit-learn, wait for the task, fit."""
    sys.meta_path.insert(0, _HiddenPackages)
    # SciPy parses hundreds of docstrings to add a note: a third of the import
    inspect.getdoc = lambda object: None
    with importing():
        import sklearn.ensemble
        import sklearn.linear_model  # noqa: F401

        import nncli.evaluation.reference_models  # noqa: F401
    if request := requests.read():
        task: ReferenceTask = pickle.loads(request)
        answers.write(pickle.dumps(task.fit()))


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
    gc.freeze()  # skips the garbage collection at exit
