"""Training: the loop of a run as the text of a script, with only what this run used."""

import numpy as np

from nncli.engine.batches import Batches
from nncli.engine.state import stream
from nncli.errors import UserError
from nncli.export.numpy_script.formatting import INNER, comment, indented, listed
from nncli.export.numpy_script.functions import Functions
from nncli.export.numpy_script.literals import operation
from nncli.export.numpy_script.minimizing import minimize
from nncli.export.numpy_script.objective import Objective
from nncli.export.numpy_script.run_history import RunHistory
from nncli.export.numpy_script.sources import Sources
from nncli.parts.optimizers import Lbfgs, Optimizer
from nncli.parts.schedules import ReduceOnPlateau, Schedule

STREAMS = {"init": "initial weights", "shuffle": "row orders", "dropout": "dropout masks"}


def generator(name: str, seed: int, variable: str = "") -> str:
    """The line that makes the random stream called init, shuffle or dropout."""
    sequence = stream(name, seed).bit_generator.seed_seq
    assert isinstance(sequence, np.random.SeedSequence)
    made = f"{variable or name} = np.random.default_rng({sequence.entropy})"
    return f"{made}  # the stream of {STREAMS[name]}, of seed {seed}"


class Loop:
    """The functions `report` and `train`."""

    def __init__(
        self, past: RunHistory, functions: Functions, objective: Objective, sources: Sources
    ) -> None:
        self.past, self.functions, self.objective = past, functions, objective
        self.sources = sources
        self.job, self.last = past.job, past.epochs[-1]
        random = np.random.default_rng(0)  # nothing is drawn here
        sampling = self.job.training.sampling
        self.batches = Batches(len(self.job.train), self.job.batch_rows, sampling, random)
        self.changes_by_step = self.job.schedule.interval == "step"

    @property
    def splits(self) -> list[str]:
        """The rows whose losses are logged."""
        return ["train"] if self.job.val is None else ["train", "val"]

    def rows_of(self, split: str) -> str:
        """`x_train, t_train`."""
        return ", ".join(f"{name}_{split}" for name in self.functions.batch)

    def report(self) -> list[str]:
        """What prints a row of the table."""
        losses = ",".join(f"{{objective({self.rows_of(split)})}}" for split in self.splits)
        return [
            "def report(epoch):",
            '    """Print a row of the table: the losses at the weights an epoch ended with."""',
            f'    print(f"{{epoch}},{losses}")',
        ]

    def train(self) -> list[str]:
        """All epochs of the run."""
        job, last = self.job, self.last
        words = f"Train for {last} epoch{'s' * (last != 1)}"
        if job.steps_per_epoch > 1:
            words += f" of {job.steps_per_epoch} steps"
        table = ["epoch", "loss", *(["val_loss"] if job.val is not None else [])]
        ending = self.past.ending
        why = comment(f"{last:,} of {job.training.epochs:,} epochs: {ending}") if ending else []
        is_lbfgs = isinstance(job.optimizer, Lbfgs)
        return [
            "def train():",
            f'    """{words}, and print the losses."""',
            "    initialize()",
            *indented([] if is_lbfgs else self._before()),
            f'    print("{",".join(table)}")',
            "    report(0)",
            *indented(why),
            *indented(self._minimize() if is_lbfgs else self._epochs()),
        ]

    def _before(self) -> list[str]:
        """What is set once."""
        job, lines = self.job, []
        if not self.batches.in_place:
            lines.append(generator("shuffle", job.seeds.shuffle))
        if self.past.watched is not None:
            lines.append("plateau = PlateauState()")
        if self.past.rates is not None:
            lines += listed("rates = [", [repr(rate) for rate in self.past.rates], "]", INNER)
        elif job.schedule.is_constant:
            lines.append(f"learning_rate = {self._base!r}")
        if self._counts_steps:
            lines.append("step = 0")
        return lines

    @property
    def _base(self) -> float:
        base: float = self.job.optimizer.learning_rate  # type: ignore[attr-defined]  # not lbfgs
        return base

    @property
    def _counts_steps(self) -> bool:
        return self.changes_by_step or self._has_scalars

    @property
    def _has_scalars(self) -> bool:
        return type(self.job.optimizer).scalars is not Optimizer.scalars

    def _rate(self) -> list[str]:
        """The line that sets the learning rate, if it changes."""
        schedule = self.job.schedule
        if self.past.rates is not None:
            return ["learning_rate = rates[epoch - 1]"]
        if schedule.is_constant:
            return []
        base, total = repr(self._base), self.job.training.epochs
        done = "epoch - 1"
        if self.changes_by_step:
            total, done = total * self.job.steps_per_epoch, "step - 1"
        is_plain = type(schedule).factor is Schedule.factor and not schedule.warmup
        method = schedule.after_warmup if is_plain else schedule.factor
        factor = self.sources.call(method, done, str(total), name=f"{schedule.name}_factor")
        rate = base if factor == "1.0" else operation("base * factor", base=base, factor=factor)
        return [f"learning_rate = {rate}{' * plateau.factor' * (self.past.watched is not None)}"]

    def _epochs(self) -> list[str]:
        once = [] if self.changes_by_step else self._rate()
        body = [*once, *self._steps(), *self._plateau(), *self._report_if_logged()]
        return [f"for epoch in range(1, {self.last + 1}):", *indented(body)]

    def _report_if_logged(self) -> list[str]:
        condition = self.past.is_logged
        if condition == "True":
            return ["report(epoch)"]
        return [f"if {condition}:", "    report(epoch)"]

    def _plateau(self) -> list[str]:
        """The rule of reduce_on_plateau, where a script can follow it."""
        watched, schedule = self.past.watched, self.job.schedule
        if watched is None:
            return []
        assert isinstance(schedule, ReduceOnPlateau)
        split = "train" if watched == "loss" else "val"
        value = f"objective({self.rows_of(split)})"
        line = f"plateau = {self.sources.call(schedule.observe, 'plateau', value)}"
        return [f"if epoch > {schedule.warmup}:", f"    {line}"] if schedule.warmup else [line]

    def _steps(self) -> list[str]:
        """The steps of one epoch: which rows each takes, and the step itself."""
        job = self.job
        count, rows, batch = job.steps_per_epoch, len(job.train), job.batch_rows
        step = self._step()
        if self.batches.in_place:
            return step if count == 1 else [f"for _ in range({count}):", *indented(step)]
        if job.training.sampling != "shuffle":
            draw = f"shuffle.integers({rows}, size={batch})"
            if job.training.sampling == "without_replacement":
                draw = f"shuffle.choice({rows}, {batch}, replace=False)"
            step = [f"chosen = {draw}", *step]
            return step if count == 1 else [f"for _ in range({count}):", *indented(step)]
        order = f"order = shuffle.permutation({rows})"
        chosen = f"chosen = order[start : start + {batch}]"
        if count == self.batches.per_pass:
            loop = f"for start in range(0, {rows}, {batch}):"
            return [order, loop, *indented([chosen, *step])]
        return [
            f"for position in range({count}):",
            f"    start = position % {self.batches.per_pass} * {batch}",
            "    if start == 0:",
            f"        {order}",
            *indented([chosen, *step]),
        ]

    def _step(self) -> list[str]:
        """Forward, backward and update of one batch."""
        lines = ["step += 1"] if self._counts_steps else []
        lines += self._rate() if self.changes_by_step else []
        names = self.functions.batch
        if not self.batches.in_place:
            lines.append(f"{', '.join(names)} = {', '.join(f'{n}_train[chosen]' for n in names)}")
        gradient = self._gradient("_train" if self.batches.in_place else "")
        rate = "learning_rate"
        if self._has_scalars:
            scalars = self.job.optimizer.scalars
            rate = f"**{self.sources.call(scalars, 'step', 'learning_rate')}"
        return [*lines, f"gradient = {gradient}", f"update(gradient, {rate})"]

    def _gradient(self, suffix: str) -> str:
        """The gradient of `x, t` or `x_train, t_train`."""
        names = [f"{name}{suffix}" for name in self.functions.batch]
        star = "*" if len(self.functions.passes.handed_on) > 1 else ""
        return f"backward({', '.join(names)}, {star}forward(x{suffix}))"

    def _minimize(self) -> list[str]:
        """All iterations of lbfgs."""
        if self.objective.chunk is not None or not self.functions.passes.evaluates_alike:
            raise UserError("lbfgs sums the loss of so many rows in another order than evaluation")
        objective = f"objective({self.rows_of('train')})"
        report = self._report_if_logged()
        return minimize(self.job, self.last, self._gradient("_train"), objective, report)
