"""Training loop: the epochs of a run as the text of a script, with only what the run used."""

import numpy as np

from nncli.engine.steppers.lbfgs import scipy_options
from nncli.errors import UserError
from nncli.export.numpy_script.expressions import operation
from nncli.export.numpy_script.formatting import INNER, comment, indented, listed
from nncli.export.numpy_script.functions import Objective, input_names
from nncli.export.numpy_script.job_code import JobCode
from nncli.export.numpy_script.parameters import generator
from nncli.export.numpy_script.run_history import RunHistory
from nncli.export.numpy_script.sources import Sources
from nncli.parts.optimizers import Optimizer
from nncli.parts.schedules import ReduceOnPlateau, Schedule


def _option(name: str, value: float) -> str:
    """The value of a scipy option as code, with a comment if it needs one."""
    if value == np.iinfo(np.int32).max:
        return "np.iinfo(np.int32).max,"
    why = "  # only the gradient, or a line search that fails, ends it" if name == "ftol" else ""
    return f"{value!r},{why}"


class TrainingLoop:
    """Writes the functions `report` and `train`."""

    def __init__(
        self, history: RunHistory, code: JobCode, objective: Objective, sources: Sources
    ) -> None:
        self.history, self.code, self.objective = history, code, objective
        self.sources, self.batches = sources, code.batches
        self.job, self.last = code.job, history.epochs[-1]
        self.changes_by_step = self.job.schedule.interval == "step"

    @property
    def splits(self) -> list[str]:
        """The splits whose losses are logged."""
        return ["train"] if self.job.val is None else ["train", "val"]

    def rows_of(self, split: str) -> str:
        """The arrays of a split: `x_train, t_train`."""
        return ", ".join(f"{name}_{split}" for name in self.objective.arguments)

    def report(self) -> list[str]:
        """The function `report`, which prints a row of the table."""
        losses = ",".join(f"{{objective({self.rows_of(split)})}}" for split in self.splits)
        return [
            "def report(epoch):",
            '    """Print a row of the table: the losses at the weights an epoch ended with."""',
            f'    print(f"{{epoch}},{losses}")',
        ]

    def train(self) -> list[str]:
        """The function `train`, which makes all epochs of the run."""
        job, last = self.job, self.last
        words = f"Train for {last} epoch{'s' * (last != 1)}"
        if job.steps_per_epoch > 1:
            words += f" of {job.steps_per_epoch} steps"
        table = ["epoch", "loss", *(["val_loss"] if job.val is not None else [])]
        ending = self.history.ending
        why = comment(f"{last:,} of {job.training.epochs:,} epochs: {ending}") if ending else []
        has_update = job.optimizer.has_update
        return [
            "def train():",
            f'    """{words}, and print the losses."""',
            "    initialize()",
            *indented(self._before() if has_update else []),
            f'    print("{",".join(table)}")',
            "    report(0)",
            *indented(why),
            *indented(self._epochs() if has_update else self._minimize()),
        ]

    def _before(self) -> list[str]:
        """The lines before the first epoch."""
        job, lines = self.job, []
        if not self.batches.in_place:
            lines.append(generator("shuffle", job.seeds.shuffle))
        if self.history.watched is not None:
            lines.append("plateau = PlateauState()")
        if self.history.rates is not None:
            lines += listed("rates = [", [repr(rate) for rate in self.history.rates], "]", INNER)
        elif job.schedule.is_constant:
            lines.append(f"learning_rate = {job.base_learning_rate!r}")
        if self._counts_steps:
            lines.append("step = 0")
        return lines

    @property
    def _counts_steps(self) -> bool:
        return self.changes_by_step or self._has_scalars

    @property
    def _has_scalars(self) -> bool:
        return type(self.job.optimizer).scalars is not Optimizer.scalars

    def _rate(self) -> list[str]:
        """The line that sets the learning rate, if it changes."""
        schedule = self.job.schedule
        if self.history.rates is not None:
            return ["learning_rate = rates[epoch - 1]"]
        if schedule.is_constant:
            return []
        base, total = repr(self.job.base_learning_rate), str(self.job.schedule_total)
        done = "step - 1" if self.changes_by_step else "epoch - 1"
        is_plain = type(schedule).factor is Schedule.factor and not schedule.warmup
        method = schedule.after_warmup if is_plain else schedule.factor
        factor = self.sources.call(method, done, total, name=f"{schedule.name}_factor")
        rate = base if factor == "1.0" else operation("base * factor", base=base, factor=factor)
        return [f"learning_rate = {rate}{' * plateau.factor' * (self.history.watched is not None)}"]

    def _epochs(self) -> list[str]:
        once = [] if self.changes_by_step else self._rate()
        body = [*once, *self._steps(), *self._plateau(), *self._report_if_logged()]
        return [f"for epoch in range(1, {self.last + 1}):", *indented(body)]

    def _report_if_logged(self) -> list[str]:
        condition = self.history.is_logged
        if condition == "True":
            return ["report(epoch)"]
        return [f"if {condition}:", "    report(epoch)"]

    def _plateau(self) -> list[str]:
        """The lines that apply reduce_on_plateau, if a script can follow it."""
        watched, schedule = self.history.watched, self.job.schedule
        if watched is None:
            return []
        assert isinstance(schedule, ReduceOnPlateau)
        split = "train" if watched == "loss" else "val"
        value = f"objective({self.rows_of(split)})"
        line = f"plateau = {self.sources.call(schedule.observe, 'plateau', value)}"
        return [f"if epoch > {schedule.warmup}:", f"    {line}"] if schedule.warmup else [line]

    def _steps(self) -> list[str]:
        """The lines of an epoch's steps: the rows that each takes, and the step itself."""
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
        """The lines of one step: forward pass, backward pass and update."""
        lines = ["step += 1"] if self._counts_steps else []
        lines += self._rate() if self.changes_by_step else []
        names = self.objective.arguments
        if not self.batches.in_place:
            lines.append(f"{', '.join(names)} = {', '.join(f'{n}_train[chosen]' for n in names)}")
        gradient = self._gradient("_train" if self.batches.in_place else "")
        rate = "learning_rate"
        if self._has_scalars:
            scalars = self.job.optimizer.scalars
            before = self.job.optimizer.steps_before
            number = f"step + {before}" if before else "step"
            rate = f"**{self.sources.call(scalars, number, 'learning_rate')}"
        return [*lines, f"gradient = {gradient}", f"update(gradient, {rate})"]

    def _gradient(self, suffix: str) -> str:
        """The expression for the gradient of a batch, such as `x_train, t_train` for `_train`."""
        names = [f"{name}{suffix}" for name in self.objective.arguments]
        star = "*" if len(self.code.returned) > 1 else ""
        given = ", ".join(f"{name}{suffix}" for name in input_names(self.job))
        return f"backward({', '.join(names)}, {star}forward({given}))"

    def _minimize(self) -> list[str]:
        """The lines of lbfgs, which call scipy as nncli does."""
        if self.objective.chunk is not None or self.code.has_training_mode:
            raise UserError("lbfgs sums the loss of so many rows in another order than evaluation")
        return [
            "epoch = 0",
            "",
            "def value_and_gradient(vector):",
            '    """What is minimized."""',
            "    theta[:] = vector",
            f"    gradient = {self._gradient('_train')}",
            f"    return objective({self.rows_of('train')}), gradient.astype(float)",
            "",
            "def after_iteration(vector):",
            '    """What scipy calls with the weights that an iteration ends with."""',
            "    nonlocal epoch",
            "    epoch += 1",
            "    theta[:] = vector",
            *indented(self._report_if_logged()),
            "",
            *self._scipy_call(),
        ]

    def _scipy_call(self) -> list[str]:
        last = self.last
        options = scipy_options(self.job.optimizer, last).items()
        unmoved = ["if result.nit == 0:  # it began at a minimum", "    after_iteration(theta)"]
        return [
            f"{'result = ' if last == 1 else ''}scipy.optimize.minimize(",
            "    value_and_gradient,",
            "    theta.astype(float),",
            "    jac=True,",
            '    method="L-BFGS-B",',
            "    callback=after_iteration,",
            "    options={",
            *(f'        "{name}": {_option(name, value)}' for name, value in options),
            "    },",
            ")",
            *(unmoved if last == 1 else []),
        ]
