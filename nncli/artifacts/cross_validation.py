"""Cross-validation: what a fold's weights are worth on the rows that it held out."""

from nncli.assembly.build import Built
from nncli.engine.evaluator import Evaluator
from nncli.engine.metric_columns import HELD_OUT
from nncli.engine.threads import limited
from nncli.parts.arrays import Array
from nncli.parts.decision import Decision
from nncli.parts.metrics import deciding


def held_out_metrics(built: Built, theta: Array, decision: Decision) -> dict[str, float]:
    """held_out_loss, held_out_accuracy ... of the rows that a fold held out."""
    job, rows = built.job, built.evaluation_set("test")
    metrics = deciding(job.metrics, decision)
    with limited(job.training):
        score = Evaluator(job.network, theta, rows, job.decode, metrics).score()
    return {HELD_OUT + name: v for name, v in {"loss": score.loss, **score.metrics}.items()}
