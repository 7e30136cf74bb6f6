"""Files that were changed at random, format by format: read as what they say, or refused in a line.

An input that is refused for a reason not seen before joins the inputs to change next, so that the
search goes from check to check as a search by coverage would. What a manifest guards is changed
behind its back: a run may have been made up from the start.
"""

import contextlib
import dataclasses
import io
import json
import math
import random
import re
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hostile import damaged
from safetensors.numpy import save

from nncli.artifacts.predictions import Predictions
from nncli.artifacts.run_directory import RunDirectory
from nncli.artifacts.run_reader import RunReader
from nncli.artifacts.trained_model import TrainedNetwork
from nncli.cli.main import run as command
from nncli.config.load import load
from nncli.data.reading.table_file import TableFile
from nncli.engine.trainer import train
from nncli.errors import NncliError
from nncli.parts.initializers import FromFile
from nncli.trace.grading import read_answers

ODD = [
    *(None, True, -1, 0, 1, 2**31, 2**63, -(2**63), 10**30, 1e308, float("nan"), float("inf")),
    *("", "x", "epoch", "\x1b[2J", "a\nb", "\ud800", "../../etc/passwd", "/dev/zero", "9" * 5000),
    *([], {}, [0], [[]], {"": 0}, ["a", "a"], "<f8", "O", "|V9", "<U999999999", "F64", "BF16"),
]


class Crafted(RunDirectory):
    """A run of which one file is another, as if it had been sealed so."""

    def __init__(self, path, name, content):
        super().__init__(path)
        self.changed = {name: content}

    def read(self, name):
        return self.changed[name] if name in self.changed else super().read(name)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a small run, its table and its config."""
    folder = tmp_path_factory.mktemp("fuzzed")
    rows = [f"{i % 7},{i % 3 and i * 3 % 11},{'pqr'[i % 3]},{i % 5}.5,{'no' if i % 2 else 'yes'}\n"
            for i in range(24)]  # fmt: skip
    (folder / "table.csv").write_text("a,b,c,y,d\n" + "".join(rows))
    (folder / "it.yaml").write_text(
        "name: it\ndata:\n  path: table.csv\n  target: y\n  task: regression\n"
        "network: {hidden: [3, {type: dropout, rate: 0.1}]}\n"
        "optimizer: {type: adam, learning_rate: 0.01}\nschedule: {type: reduce_on_plateau}\n"
        "training:\n  epochs: 4\n  batch_size: 8\n  early_stopping: {patience: 9}\n"
        "output: {plots: []}\n"
    )
    arguments = ["train", str(folder / "it.yaml"), "--runs-dir", str(folder), "--quiet"]
    with contextlib.redirect_stdout(io.StringIO()):
        assert command(arguments) == 0
    return folder


# ---- what reads each format


def reads_yaml(path, folder):
    load(path)


def reads_table(path, folder):
    TableFile(path=path, target=("y",), task="regression").load()


def reads_tensors(path, folder):
    FromFile(path)((3, 2), np.random.default_rng(0), "hidden_1/W")


def reads_answers(path, folder):
    read_answers(path)


def reads_manifest(path, folder):
    (folder / "made-up" / "manifest.json").write_bytes(path.read_bytes())
    run = RunDirectory.open(folder / "made-up")
    for name in run.manifest():
        run.read(name)


def reads_of_run(name):
    """All that is done with one file of a run, whose content is what the path has."""

    def read(path, folder):
        reader = RunReader(Crafted(folder / "it-001", name, path.read_bytes()))
        reader.summary()
        assert isinstance(reader.curves().best_epoch, int | None)
        predictions = Predictions(TrainedNetwork(reader), folder / "table.csv", probabilities=False)
        written = io.BytesIO()
        predictions.write(None, written)
        assert len(written.getvalue().splitlines()) == 25
        state, beside = reader.checkpoint()
        training = dataclasses.replace(reader.built.job.training, epochs=state.epoch + 1)
        job = dataclasses.replace(reader.built.job, training=training)
        if state.step_in_epoch < job.steps_per_epoch and state.epoch < 100:
            list(train(job, state))
        json.dumps([beside, reader.environment()])

    return read


# ---- what to begin with


def tensors():
    kernel = np.arange(6.0).reshape(3, 2)
    return {"hidden_1/W": kernel, "hidden_1/b": np.zeros(2, np.float32), "k": np.ones(3, bool)}


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def parquet(folder):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet as format_

    table = pyarrow.table({"a": [1, 2, None], "t": ["p", "q", None], "y": [0.5, 1.5, 2.5]})
    format_.write_table(table, folder / "seed.parquet")
    return (folder / "seed.parquet").read_bytes()


def seeds_of(name, folder):
    """Good inputs of a format."""
    run = folder / "it-001"
    numbers = np.linspace(0, 1, 9)
    made = {
        "config": lambda: [(folder / "it.yaml").read_bytes()],
        "csv": lambda: [(folder / "table.csv").read_bytes(), b'"a\n";y\r\n"1""2";3\r\n;4\r\n'],
        "npz table": lambda: [npz(x=numbers.reshape(3, 3), y=numbers[:3], t=np.array(["a"] * 3))],
        "parquet": lambda: [parquet(folder)],
        "safetensors": lambda: [save(tensors(), metadata={"a": "b"})],
        "npz weights": lambda: [npz(**tensors())],
        "answers": lambda: [ANSWERS],
        "manifest": lambda: [(run / "manifest.json").read_bytes()],
    }
    return made[name]() if name in made else [(run / name).read_bytes()]


ANSWERS = (
    b"number,step,cell,answer\n1,1,hidden_1/z[0; 0],0.5\n2,1,hidden_1/z[0; 1],1/3\n"
    b"worksheet,,nncli trace it.yaml,0123456789abcdef\n"
)
OF_RUN = (
    *("model.safetensors", "checkpoints/last.safetensors", "split.npz", "preprocessing.json"),
    *("metrics.csv", "metrics.json", "environment.json", "config.resolved.yaml"),
)
FORMATS = {  # name: the file's suffix, and what reads it
    "config": (".yaml", reads_yaml),
    "csv": (".csv", reads_table),
    "npz table": (".npz", reads_table),
    "parquet": (".parquet", reads_table),
    "safetensors": (".safetensors", reads_tensors),
    "npz weights": (".npz", reads_tensors),
    "answers": (".csv", reads_answers),
    "manifest": (".json", reads_manifest),
    **{name: (Path(name).suffix, reads_of_run(name)) for name in OF_RUN},
}


# ---- changes that leave the form whole, so that what is inside is looked at


def changed(content, suffix, chance):
    """Other bytes: in what the format says, or anywhere."""
    within = {".json": json_changed, ".safetensors": header_changed, ".npz": array_changed}
    if suffix in within and chance.random() < 0.6:
        with contextlib.suppress(Exception):  # it may be damaged too much by now
            return within[suffix](content, chance)
    if chance.random() < 0.3 and suffix in (".csv", ".yaml", ".json"):
        at = chance.randrange(len(content) + 1)
        word = str(chance.choice(ODD)).encode(errors="surrogatepass")
        return content[:at] + word + content[at + chance.choice([0, 0, 1, 4]) :]
    return damaged(content, chance)


def value_changed(value, chance):
    """A JSON value with one of its parts replaced, left out or doubled."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key, action = chance.choice(list(value)), chance.random()
        if action < 0.1:
            return {name: item for name, item in value.items() if name != key}
        if action < 0.2:
            return {**value, str(chance.choice(ODD)): value[key]}
        return {**value, key: value_changed(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        item = [value_changed(value[at], chance)] * chance.choice([0, 1, 1, 1, 2])
        return value[:at] + item + value[at + 1 :]
    if isinstance(value, str) and value[:1] in "{[" and chance.random() < 0.8:
        with contextlib.suppress(ValueError):  # JSON in a text, as a checkpoint has it
            return json.dumps(value_changed(json.loads(value), chance))
    return chance.choice([*ODD, value])


def json_changed(content, chance):
    return json.dumps(value_changed(json.loads(content), chance)).encode()


def header_changed(content, chance):
    length = int.from_bytes(content[:8], "little")
    header = json_changed(content[8 : 8 + length], chance)
    return len(header).to_bytes(8, "little") + header + content[8 + length :]


def array_changed(content, chance):
    """One array of an archive with another header before the same bytes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(list(members))
    member = members[name]
    found = re.search(rb"\{.*?\}\s*\n", member, re.DOTALL)
    if found is None or chance.random() < 0.3:
        members[name] = damaged(member, chance)
    else:
        types = ["<f8", "<i8", "|O", "<U5", "|V8", "<c16", "<M8[D]", "|b1", "<U0", [("a", "<f8")]]
        shapes = [(3,), (3, 3), (9,), (), (10**12,), (0, 10**12), (-1,), (2.5,), (3, True), "x"]
        header = {"descr": chance.choice(types), "shape": chance.choice(shapes)}
        text = repr({**header, "fortran_order": chance.choice([True, False])}).encode() + b"\n"
        start = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little")
        members[name] = start + text + member[found.end() :]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", chance.choice([0, 8])) as archive:
        for each, bytes_ in members.items():
            archive.writestr(each, bytes_)
    return file.getvalue()


def reason_of(error):
    """An error's words without what is of the one input: numbers and what it quotes."""
    return re.sub(r"'.*'|\d+|found .*", "#", "\n".join(error.lines()[:3]))[:200]


@pytest.mark.parametrize("name", FORMATS)
def test_fuzzed_file_is_read_or_refused_in_lines(name, trained, tmp_path, amount, tried):
    suffix, reads = FORMATS[name]
    chance, corpus, reasons, count = random.Random(name), seeds_of(name, trained), set(), 0
    path = tmp_path / f"it{suffix}"
    (trained / "made-up").mkdir(exist_ok=True)
    few = 20 if name in OF_RUN else 400
    most, seconds = amount((few, math.inf), (math.inf, 3600 / len(FORMATS)))
    end = time.process_time() + seconds
    while count < most and time.process_time() < end:
        content = changed(chance.choice(corpus), suffix, chance)
        path.write_bytes(content)
        count += 1
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("error")
                reads(path, trained)
        except NncliError as error:
            lines = error.lines()
            assert all(line and line.isprintable() and len(line) < 3000 for line in lines), content
            if (reason := reason_of(error)) not in reasons and len(content) < 100_000:
                reasons.add(reason)
                corpus.append(content)
        except Exception as error:
            raise AssertionError(f"{name}, input {count}: {content[:3000]!r}") from error
    assert reasons
    tried(count, f"read, or refused for one of {len(reasons):,} reasons")
