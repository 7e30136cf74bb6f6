"""The background fit: a process that imports scikit-learn while this one loads, scores and draws.

The import takes longer than fitting to a small table: it begins before anything else is imported
here. The process waits for one task on its standard input, answers on its standard output and ends.
Where it fails, or has nothing to gain, its task is done here: what comes of it is the same.
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
    from nncli.evaluation.rivals import RivalTask

    Fitted = tuple[Linear, Trees]


class BackgroundFit:
    """Linear models and trees fitted beside whatever else is done."""

    def __init__(self) -> None:
        self._process: Popen[bytes] | None = None
        self._sender: Thread | None = None
        self._answer = b""

    def start(self) -> None:
        """Start the process, where there is a core for it and the import isn't done already."""
        if allowed_cores() < 2 or "sklearn" in sys.modules:
            return
        try:
            self._process = start_module(__name__, hears_errors=False)
        except OSError:
            return

    def ask(self, task: "RivalTask") -> None:
        """Send the task, if it is small; the thread waits until the process takes it."""
        if self._process is not None and task.is_small:
            request = pickle.dumps(task)
            self._sender = Thread(target=self._send, args=(self._process, request), daemon=True)
            self._sender.start()

    def _send(self, process: "Popen[bytes]", request: bytes) -> None:
        self._answer, _ = process.communicate(request)

    def fitted(self, task: "RivalTask") -> "Fitted":
        """What became of the task that was asked."""
        if self._sender is not None and self._process is not None:
            self._sender.join()
            if self._process.returncode == 0:
                made: Fitted = pickle.loads(self._answer)
                return made
        return task.fit()

    def __enter__(self) -> "BackgroundFit":
        return self

    def __exit__(self, *error: object) -> None:
        """End the process if it isn't needed any more."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.kill()
        if self._sender is None:
            self._process.communicate()
        else:
            self._sender.join()


class _WithoutExtras:
    """Packages that can't be found: scikit-learn and joblib import them where they are, a sixth of
    their time, to know pandas' tables, draw progress and end processes.
    """

    NAMES = frozenset({"pandas", "psutil", "rich"})

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> None:
        if name in cls.NAMES:
            raise ModuleNotFoundError(name, name=name)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """The process's side: import scikit-learn, wait for the task, fit."""
    sys.meta_path.insert(0, _WithoutExtras)
    inspect.getdoc = lambda object: None  # SciPy takes hundreds apart to add a note: a third
    with importing():
        import sklearn.ensemble
        import sklearn.linear_model  # noqa: F401

        import nncli.evaluation.rivals  # noqa: F401
    if request := requests.read():
        task: RivalTask = pickle.loads(request)
        answers.write(pickle.dumps(task.fit()))


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
    gc.freeze()  # whoever waits for its end waits for no search for garbage
