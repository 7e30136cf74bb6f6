"""Script: a run as one page of NumPy that anyone can read, run and change, without nncli."""

import re

from nncli.artifacts.run_reader import RunReader
from nncli.build.build import Built
from nncli.engine.rows import Inputs
from nncli.errors import UserError, few
from nncli.export.numpy_script.data import MOST_WRITTEN_OUT, UNPACK, Data, check_size
from nncli.export.numpy_script.folded_passes import Passes
from nncli.export.numpy_script.formatting import comment, heading
from nncli.export.numpy_script.functions import Functions
from nncli.export.numpy_script.header import header
from nncli.export.numpy_script.objective import Objective
from nncli.export.numpy_script.parameters import Parameters
from nncli.export.numpy_script.run_history import RunHistory
from nncli.export.numpy_script.sources import Sources
from nncli.export.numpy_script.training_loop import Loop, generator
from nncli.export.numpy_script.unscaling import own_units

SHORT = 30  # lines of data that may come before the network instead of after it


def numpy_script(reader: RunReader, file_name: str) -> str:
    """The script that repeats a run's losses to the bit; `file_name` is what it will be called.

    Raises UserError for a run whose parts or data can't be written out.
    """
    built = reader.built  # whose errors have places of their own
    try:
        return _Page(reader, built, file_name).text()
    except UserError as error:
        raise UserError(f"{reader.run.path}: it can't be written out: {error}") from error


class _Page:
    def __init__(self, reader: RunReader, built: Built, file_name: str) -> None:
        self.reader, self.built, self.file_name = reader, built, file_name
        self.past, self.sources = RunHistory.of(reader), Sources()
        self.job = built.job
        self.passes = Passes(self.job)
        has_zero_loss = self.past.has_zero_loss
        self.objective = Objective(self.passes, self.sources, has_zero_loss=has_zero_loss)
        self.functions = Functions(self.passes, self.objective.arguments)
        self.parameters = Parameters(self.passes, self.sources)
        self.loop = Loop(self.past, self.functions, self.objective, self.sources)

    def text(self) -> str:
        data = self._data()
        comes_first = len(data) <= SHORT
        chapters = [
            *(heading("Data") + data if comes_first else []),
            *heading("Parameters"),
            *self.parameters.vectors(),
            *_apart(self.parameters.initialize()),
            *self._network(),
            *self._training(),
            *([] if comes_first else heading("Data") + data),
            "",
            "",
            'if __name__ == "__main__":',
            "    train()",
        ]
        body = "\n".join(chapters)
        return "\n".join([*header(self.reader, self.file_name, body), body]) + "\n"

    def _data(self) -> list[str]:
        """The rows as the network sees them, and weights that came from a file."""
        arrays = {**self._rows(), **self.parameters.given()}
        numbers = check_size(arrays.values())
        data = Data(self.passes.speller.dtype, numbers > MOST_WRITTEN_OUT)
        inputs, targets = own_units(self.built)
        for name, array in arrays.items():
            kind, _, split = name.partition("_")
            scaled = {"x": inputs, "t": targets}.get(kind)
            if scaled is None or not data.add_scaled(name, array[0 : len(array)], scaled, split):
                data.add(name, array[0 : len(array)])
        unpack = [*UNPACK, "", ""] if data.is_packed else []
        return [*unpack, *comment(self._about_data()), *data.lines]

    def _about_data(self) -> str:
        """Which rows there are, and what their columns mean."""
        job, coding = self.job, self.built.preprocessing
        rows = f"rows that train: {len(job.train):,}"
        rows += "" if job.val is None else f", that validate: {len(job.val):,}"
        inputs = few(coding.inputs)
        targets = few(coding.classes or coding.targets)
        kind = "classes 0, 1, ..." if coding.classes else "targets"
        return f"{rows}; inputs: {inputs}; {kind}: {targets}"

    def _rows(self) -> dict[str, Inputs]:
        """What a training step and the losses are computed from."""
        arrays: dict[str, Inputs] = {}
        for split, rows in (("train", self.job.train), ("val", self.job.val)):
            if rows is not None:
                arrays |= {f"x_{split}": rows.x, f"t_{split}": rows.targets}
                arrays |= {} if rows.weights is None else {f"w_{split}": rows.weights}
        return arrays

    def _network(self) -> list[str]:
        """Forward, loss, backward and update."""
        forward = self.functions.forward()
        predict = [] if self.passes.evaluates_alike else self.functions.predict()
        chapters = [
            ("Forward", [forward, predict]),
            ("Loss", self._with_helpers([self.objective.lines()])),
            ("Backward", [self.functions.backward()]),
        ]
        if self.passes.update.statements:
            chapters.append(("Update", [self.functions.update()]))
        lines = [line for title, functions in chapters for line in _chapter(title, functions)]
        text = "\n".join(lines)
        named = [c for c in self.passes.speller.constants() if re.search(rf"\b{c.name}\b", text)]
        constants = [f"{c.name} = {c.definition}" for c in named]
        if self.job.network.is_random:
            constants.append(generator("dropout", self.job.seeds.dropout))
        return [*(["", ""] if constants else []), *constants, *lines]

    def _training(self) -> list[str]:
        loop = [self.loop.report(), self.loop.train()]
        return _chapter("Training", self._with_helpers(loop))

    def _with_helpers(self, functions: list[list[str]]) -> list[list[str]]:
        """The functions, after those that they were found to need."""
        helpers = list(self.sources.definitions.values())
        self.sources.definitions.clear()
        return [*helpers, *functions]


def _apart(function: list[str]) -> list[str]:
    return ["", "", *function]


def _chapter(title: str, functions: list[list[str]]) -> list[str]:
    first, *rest = [function for function in functions if function]
    return [*heading(title), "", *first, *(line for each in rest for line in _apart(each))]
