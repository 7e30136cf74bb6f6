"""`nncli evaluate`."""

import os
from pathlib import Path

import click

from nncli.cli.options import RUN, json_option, print_json
from nncli.errors import UserError


@click.command(name="evaluate")
@click.argument("run", type=RUN)
@click.option(
    "--split",
    type=click.Choice(["train", "val", "test"]),
    help="Which rows to score [test, else val, else train].",
)
@json_option
def command(run: Path, split: str | None, as_json: bool) -> None:
    """Score a finished RUN on rows it recorded."""
    import threadpoolctl

    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.cli.summary import scores
    from nncli.engine.evaluation import Evaluator

    reader = RunReader(RunDirectory.open(run))
    built = reader.built
    there = list(built.rows.named())
    chosen = split or next(name for name in ("test", "val", "train") if name in there)
    if chosen not in there:
        raise UserError(f"{run}: no {chosen} rows: this run has {' and '.join(there)} rows")
    rows = built.scored(chosen)
    job = built.job
    threads = built.experiment.training.threads
    assert threads != "auto"
    with threadpoolctl.threadpool_limits(threads, user_api="blas"):
        score = Evaluator(job.network, reader.theta, rows, job.decode, job.metrics).score()
    metrics = {"loss": score.loss, **score.metrics}
    baselines = {
        name: {metric.name: metric(predictions, rows.truth) for metric in job.metrics.values()}
        for name, predictions in built.baselines(len(rows)).items()
    }
    ended = reader.summary().get("stopped", "not ended")
    if ended in ("diverged", "interrupted", "not ended"):
        how = "was interrupted" if ended == "interrupted" else f"has {ended}"
        click.echo(f"note: training {how}; these are the last weights it kept", err=True)
    if as_json:
        print_json(
            {
                "run": os.fspath(run),
                "split": chosen,
                "rows": len(rows),
                "metrics": metrics,
                "baselines": baselines,
            }
        )
        return
    note = "" if chosen != "train" else ": the rows it was trained on, so expect less on new ones"
    click.echo(f"{run}: {len(rows)} {chosen} rows{note}\n")
    click.echo(scores({"network": metrics, **baselines}))
