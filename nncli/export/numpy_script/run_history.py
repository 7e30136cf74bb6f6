"""Run history: a run's epochs, learning rates and reason for its end, from its files."""

from functools import cached_property

from nncli.artifacts import run_directory as names
from nncli.artifacts.metrics_log import read_columns
from nncli.artifacts.run_reader import RunReader
from nncli.engine.job import Job
from nncli.engine.stop_reason import IN_WORDS
from nncli.errors import UserError
from nncli.frozen import frozen
from nncli.parts.schedules import ReduceOnPlateau


@frozen
class RunHistory:
    """The history of a run. columns: of metrics.csv, by name."""

    reader: RunReader
    columns: dict[str, list[float]]

    @classmethod
    def of(cls, reader: RunReader) -> "RunHistory":
        """Read the history of a run. Raises UserError if it has logged nothing yet."""
        path = reader.run.path / names.METRICS
        columns = read_columns(reader.run.read(names.METRICS), path)
        if not columns["epoch"]:
            raise UserError("it has logged nothing yet")
        return cls(reader, columns)

    @property
    def job(self) -> Job:
        return self.reader.built.job

    @cached_property
    def epochs(self) -> list[int]:
        """The epochs that have a row in metrics.csv."""
        return [int(epoch) for epoch in self.columns["epoch"]]

    @property
    def has_zero_loss(self) -> bool:
        return 0.0 in (*self.columns["loss"], *self.columns.get("val_loss", ()))

    @property
    def ending(self) -> str:
        """Why the run made fewer epochs than the config says; empty if it didn't."""
        if self.epochs[-1] >= self.job.training.epochs:
            return ""
        return IN_WORDS.get(self.reader.summary().get("stopped", ""), "it went no further")

    @property
    def is_logged(self) -> str:
        """The condition for an epoch to have a row, as code: `True` if every epoch has one."""
        every, last = self.job.log_every, self.epochs[-1]
        if self.epochs == list(range(last + 1)):
            return "True"
        expected = [n for n in range(last + 1) if n % every == 0 or n == last]
        if self.epochs == expected:
            condition = f"epoch % {every} == 0"
            return condition if last % every == 0 else f"{condition} or epoch == {last}"
        return f"epoch in {set(self.epochs)}"

    @cached_property
    def watched(self) -> str | None:
        """`loss` or `val_loss`, if reduce_on_plateau monitors it; else None."""
        schedule = self.job.schedule
        if not isinstance(schedule, ReduceOnPlateau):
            return None
        column = schedule.monitor
        return column if column in ("loss", "val_loss") else None

    @property
    def _had_another_end(self) -> bool:
        """Whether the first epochs may have had the rates of a run of other length."""
        factor, epochs = self.job.schedule.factor, self.job.training.epochs
        depends_on_end = factor(1, epochs) != factor(1, epochs + 1)
        return depends_on_end and bool(self.reader.environment().get("resumed"))

    @cached_property
    def rates(self) -> list[float] | None:
        """The recorded rate of each epoch, if no rule in a script can compute it; else None.

        Raises UserError if the rates are needed but not logged for every epoch.
        """
        job = self.job
        if not job.optimizer.has_learning_rate or self.watched is not None:
            return None
        recorded = self.columns["learning_rate"]
        follows_rule = (
            not isinstance(job.schedule, ReduceOnPlateau)
            and not (self._had_another_end and self.is_logged != "True")
            and all(
                rate == job.last_learning_rate(epoch, epoch * job.steps_per_epoch)
                for epoch, rate in zip(self.epochs, recorded, strict=True)
            )
        )
        if follows_rule:
            return None
        if self.is_logged != "True" or job.schedule.interval == "step":
            raise UserError(
                "its learning rates follow no rule that a script could hold (they watch a metric, "
                "or --resume moved their end), and metrics.csv doesn't have them all"
            )
        return recorded[1:]
