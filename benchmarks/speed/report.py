"""Report: docs/performance.md and its pictures, from the figures."""

from pathlib import Path

from benchmarks.speed import bounds, machine, pictures, reach, tables
from benchmarks.speed.figures import Figures

TEXT = """\
# How fast training is

How long training steps, commands and compiling take beside scikit-learn, PyTorch and JAX.
`make bench` (`benchmarks/speed/`) writes this page from `benchmarks/speed/figures.json`,
measured{took} on this machine:

{machine}
{missing}
{provisional}Read the ratios, not the microseconds: another machine has other ones.

## A training step

![Microseconds a step in every program, by row](images/performance-steps.png)

{steps}

{ratios}

**nncli** is the default run: `training.engine: auto`, which takes the compiled engine where a run
is long enough to win back what compiling takes, else the numpy engine. The runs that these rows
are about, and which engine that was:

{defaults}

It is the same program as that engine's, so it is measured once and stands in both columns. A
shorter run than the last column says is the numpy engine's: see the column **nncli numpy**.

Medians, with the quartiles in brackets. One thread for every program. The programs take turns, and
a ratio is the median of the turns' own ratios, so that what else the machine does hits both sides.
What is done once, such as checking the data, compiling and reporting at the end, is taken off.

The mathematics is the same everywhere: float32, relu in the hidden layers, the same initial
weights, the same batches in the same order. Before the clock starts, each program trains the same
number of steps, and the benchmark ends with an error if one reaches another loss (to {tolerance}):

{losses}

- **nncli numpy** and **nncli compiled** are the real trainer: a config built by `nncli.config` and
  trained by `nncli.engine.trainer.train`, shuffling included, with evaluation off (`log_every` is
  all epochs).
- **scikit-learn** is `MLPClassifier` or `MLPRegressor`, by `fit`, several times faster than
  `partial_fit`; rows that take every row in one step have `shuffle=False`, which spares it
  another 100 µs a step. Its Adam adds epsilon before the bias correction. It sums up the loss of
  every step, and can't do without.
- **torch eager** is `nn.Sequential`, autograd and `torch.optim` with their defaults.
- **jax scan** is the whole run as one compiled function; compiling is not in its time.
- **NumPy notebook** is a list of weights and a new array for every result.
- **C loop** is plain loops (`-O3 -march=native -ffast-math`), compiled for each network; without
  blocking, so up to a width of 128.
- **products alone** are the step's matrix products, by `np.dot` into arrays made once, and nothing
  else.

The 784-wide rows are made-up pictures of MNIST's size.
{two_threads}
## Where a step goes

{breakdown}

Of the numpy engine, the share of each sort of calls and in brackets their number: products of
matrices and their sums over rows, the optimizer's update, the gathering of a batch's rows, and the
rest, which is biases, activations and the loss. A small step is its number of calls, a large one
its products; what was done about either is in decisions [11](decisions/0011-small-steps.md) and
[12](decisions/0012-compiled-engine.md).

## What was asked

{asked}

## Start-up

{startup}

Whole processes, files and byte code warm, in turns; before each command the bare import of NumPy
and PyYAML, and the ratio is to that. `nncli` scores train and validation rows after each epoch and
leaves a run directory; the scripts (`benchmarks/speed/scripts/`) score once, at the end.

### Compiling

{compiling}

From the config to the end of the first epoch, less what the numpy engine takes for that; in a new
process, LLVM's import included, and for the next run of the same process.

## Memory

{memory}

How much the peak of resident memory grows beyond what the process holds once it has trained the
smallest row. The bound is parameters x (2 + optimizer slots), one batch's buffers and the data, all
in float32.

## Beside the steps

{bookkeeping}

The share of a run at default settings that isn't steps, the first and the last checkpoint
included, compiling apart: the runs that the rows are about, or their first seconds, 50 epochs at
least. Scoring is a pass forward over all training rows at the weights a logged epoch ended with,
and the metrics of it, which is what makes `loss` comparable with `val_loss`; how often an epoch is
logged is in [decision 48](decisions/0048-scoring-by-cost.md).

## Data-parallel training

{ranks}

float32, momentum, one thread a process; [scaling.md](scaling.md) has what shards and ranks are, and
when they pay. torch's DDP is on gloo; it has other sums for each number of processes, where nncli's
bits are the same for any. Medians of a step, and of the rounds' own ratios.

## What bounds the rows that are short

{bounds}

## Growth

![Microseconds a step against width, depth, batch and rows](images/performance-scaling.png)

{slopes}

Adam, float32; width, batch and rows: 64 inputs, one hidden layer (128 units), 10 classes, batch 32,
unless it is what grows. A slope of 1 is proportional growth, of 0 none.
"""

PROVISIONAL = """\
**Provisional**: others were at work on this machine meanwhile, so two threads were not measured.

"""
QUICK = """\
**A glance** (`--quick`): fewer and shorter turns.

"""

TWO_THREADS = """
### With two threads

{steps}

{ratios}

{asked}

Here every program has two threads. What bounds the rows that are short stands below.
"""


def write(figures: Figures, folder: Path, tolerance: float) -> Path:
    """Write the page and its pictures into a folder; the page."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    pictures.draw_steps(figures, folder / "images" / "performance-steps.png")
    pictures.draw_scaling(figures, folder / "images" / "performance-scaling.png")
    page = folder / "performance.md"
    page.write_text(text(figures, tolerance), encoding="utf-8")
    return page


def text(figures: Figures, tolerance: float) -> str:
    """The page."""
    return TEXT.format(
        machine=tables.machine(figures),
        missing=_missing(figures),
        provisional=_provisional(figures),
        took=_took(figures),
        steps=tables.steps(figures, 1),
        ratios=tables.ratios(figures, 1),
        defaults=tables.defaults(figures),
        tolerance=f"{100 * tolerance:g}%",
        losses=tables.losses(figures),
        two_threads=_two_threads(figures),
        breakdown=tables.breakdown(figures),
        asked=tables.asked(figures, 1),
        startup=tables.startup(figures),
        compiling=tables.compiling(figures),
        memory=tables.memory(figures),
        bookkeeping=tables.bookkeeping(figures),
        ranks=tables.ranks(figures),
        bounds=bounds.section(reach.short(reach.all_goals(figures))),
        slopes=tables.slopes(figures),
    )


def _took(figures: Figures) -> str:
    minutes = sum(figures.took.values()) / 60
    return f" in {minutes:.0f} minutes" if minutes >= 1 else ""


def _provisional(figures: Figures) -> str:
    """What the figures are not worth."""
    busy = PROVISIONAL if machine.is_busy(figures.machine) else ""
    return busy + (QUICK if figures.is_quick else "")


def _missing(figures: Figures) -> str:
    """A line for each program that no row has."""
    measured = {name for steps in figures.steps for name in steps.seconds}
    why = {name: reason for steps in figures.steps for name, reason in steps.missing.items()}
    lines = [f"{name}: {reason}" for name, reason in why.items() if name not in measured]
    return "".join(f"\nNot measured: {line}.\n" for line in lines)


def _two_threads(figures: Figures) -> str:
    if not figures.with_threads(2):
        return ""
    return TWO_THREADS.format(
        steps=tables.steps(figures, 2),
        ratios=tables.ratios(figures, 2),
        asked=tables.asked(figures, 2),
    )
