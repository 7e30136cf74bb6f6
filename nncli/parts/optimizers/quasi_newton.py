"""Quasi-Newton: steps by an approximation of the curvature."""

from typing import Annotated, Any

from nncli.constraints import NonNegative, PositiveInt
from nncli.equivalent import Equivalent, unsupported
from nncli.parts.optimizers.optimizer import Optimizer, UpdateBuffers
from nncli.registry import part


@part("lbfgs", "l_bfgs")
class Lbfgs(Optimizer):
    """Limited-memory BFGS with a line search, by scipy.optimize (L-BFGS-B without bounds).

    An epoch is one iteration over all training rows. It has no learning rate.
    Source: Liu and Nocedal (1989), On the limited memory BFGS method; Byrd et al. (1995).
    """

    history: Annotated[PositiveInt, "number of past steps that approximate the curvature"] = 10
    gradient_tolerance: Annotated[NonNegative, "stop when every |gradient| is at most this"] = 1e-8
    max_line_search: Annotated[PositiveInt, "trial points an iteration"] = 20
    full_batch = True
    has_update = has_learning_rate = is_resumable = False
    key_aliases = {}
    libraries = ("scipy",)
    equivalents = {
        "scikit-learn": Equivalent(
            'solver="lbfgs", tol={gradient_tolerance}, max_fun={evaluations}',
            "the same SciPy routine, but it also stops when the loss falls by less than 2.2e-9, "
            "relatively; memory 10 and 20 line-search trials are fixed",
        ),
        "keras": unsupported("lbfgs: Keras has no such optimizer"),
        "pytorch": Equivalent(
            "torch.optim.LBFGS(model.parameters(), max_iter={epochs}, max_eval={evaluations}, "
            "history_size={history}, tolerance_grad={gradient_tolerance}, tolerance_change=0.0, "
            'line_search_fn="strong_wolfe")',
            "LBFGS has another line search and first step: the way to the minimum differs",
        ),
    }

    @property
    def n_vectors(self) -> int:
        return 2 * self.history  # what was stepped, and how the gradient changed

    def update(self, buffers: UpdateBuffers) -> None:
        raise NotImplementedError("lbfgs has no update: see engine/steppers/lbfgs.py")

    def equivalent(self, library: str, **names: Any) -> Equivalent:
        evaluations = names["epochs"] * self.max_line_search
        return super().equivalent(library, evaluations=evaluations, **names)
