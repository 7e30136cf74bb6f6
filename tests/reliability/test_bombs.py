"""Small files that would become large, and headers that lie about sizes: refused, in little memory.

Each gives one-line errors within seconds, and takes at most twice what the file has on the disk.
"""

import gzip
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hostile import nncli
from measured import measured

from nncli.artifacts.run_directory import RunDirectory

SLACK = 1 << 28  # bytes: libraries, a row's worth of text, a config's worth of nodes
LARGE = 600 << 20  # bytes that a bomb unpacks to: more than memory has room for here

# ---- configs


def config(text):
    def make(folder):
        (folder / "it.yaml").write_text(text)

    return make


def sparse_config(folder):
    with (folder / "it.yaml").open("wb") as file:
        file.truncate(1 << 34)


IRIS = "data: {dataset: iris}\n"
LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)
CHAIN = "\n".join(["a0: &a0 [1]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 400))])
CONFIGS = {
    "aliases that multiply": config(LAUGHS),
    "aliases that nest": config(CHAIN),
    "an alias of itself": config("a: &a {b: *a}"),
    "a thousand brackets": config("[" * 1_000_000),
    "a thousand blocks": config("? " * 500_000),
    "too many values": config("data: [" + "1," * 400_000 + "]"),
    "one key, again and again": config("a: 1\n" * 15_000),
    "a number of many digits": config(f"{IRIS}seed: {'9' * 900_000}\n"),
    "a text of many lines": config(f"{IRIS}name: |\n" + " x\n" * 100_000 + "loss: no\n"),
    "a sparse file of 16 GiB": sparse_config,
    "rows without number": config("data: {dataset: {type: moons, samples: 9000000000000}}"),
    "columns without number": config("data: {dataset: {type: blobs, features: 9000000000000}}"),
    "units without number": config(f"{IRIS}network: {{hidden: [9000000000, 9000000000]}}"),
    "memory of lbfgs": config(f"{IRIS}optimizer: {{type: lbfgs, history: 9000000000000}}"),
    "arms of a spiral": config(
        "data: {dataset: {type: spiral, samples: 12000000000, classes: 6000000000}}"
    ),
}

# ---- tables


def table(name, write):
    def make(folder):
        write(folder / name)
        (folder / "it.yaml").write_text(f"data: {{path: {name}, target: y}}\n")

    return make


def packed(start, piece):
    """Writes a .gz of the start and then the piece, again and again."""

    def write(path):
        block = piece * ((1 << 20) // len(piece))  # a .gz may have several parts
        path.write_bytes(gzip.compress(start) + gzip.compress(block) * (LARGE // len(block)))

    return write


def archive(**members):
    """Writes a .npz of (header text, number of zeros behind it)."""

    def write(path):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            for name, (header, zeros) in members.items():
                text = header.encode() + b"\n"
                start = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
                with file.open(name.replace("__", "/") + ".npy", "w", force_zip64=True) as member:
                    member.write(start)
                    for _ in range(zeros >> 20):
                        member.write(bytes(1 << 20))
                    member.write(bytes(zeros & 0xFFFFF))

    return write


def header(shape, descr="'<f8'"):
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}"


def claims(size):
    """Writes a .npz whose directory says that its array has another size than it has."""

    def write(path):
        np.savez(path, y=np.arange(9.0))
        content = bytearray(path.read_bytes())
        at = content.index(b"PK\x01\x02")
        content[at + 24 : at + 28] = size.to_bytes(4, "little")
        path.write_bytes(content)

    return write


def footer_of(length):
    def write(path):
        path.write_bytes(b"PAR1" + bytes(64) + length.to_bytes(4, "little") + b"PAR1")

    return write


TABLES = {
    "a line without end": table("t.csv.gz", packed(b"x,y\n", b"x")),
    "a header without end": table("t.csv.gz", packed(b"y,", b"x,")),
    "a row of many lines": table("t.csv.gz", packed(b"x,y\n", b'"\n",')),
    "a quote without end": table("t.csv.gz", packed(b'x,y\n"', b"1,2\n")),
    "bytes that are no text": table("t.csv.gz", packed(b"x,y\n" + b"1,2\n" * 20_000, b"\xff")),
    "too many columns": table("t.csv", lambda path: path.write_text("x," * 2_000_000 + "y\n1")),
    "an array of zeros": table("t.npz", archive(y=(header((LARGE // 8,)), LARGE))),
    "an array that isn't there": table("t.npz", archive(y=(header((10**12,)), 8))),
    "columns of no rows": table("t.npz", archive(y=(header((0, 10**12)), 0))),
    "columns of one row": table("t.npz", archive(y=(header((1, 10**6)), 8 * 10**6))),
    "texts of no letters": table("t.npz", archive(y=(header((10**12,), "'<U0'"), 0))),
    "an array of less than none": table("t.npz", archive(y=(header((-1,)), 8))),
    "an array of objects": table("t.npz", archive(y=(header((1,), "'|O'"), 8))),
    "an array of arrays": table("t.npz", archive(y=(header((1,), "[('a','<f8',(9999999,))]"), 8))),
    "a header of brackets": table("t.npz", archive(y=("(" * 9000, 8))),
    "a directory that says more": table("t.npz", claims(0xFFFFFFF0)),
    "a directory that says less": table("t.npz", claims(16)),
    "a footer without end": table("t.parquet", footer_of(0x7FFFFFFF)),
}

# ---- weights to start from


def weights(name, write):
    def make(folder):
        write(folder / name)
        start = f"{{type: from_file, path: {name}}}"
        (folder / "it.yaml").write_text(
            f"{IRIS}network: {{hidden: [], output: {{kernel_initializer: {start}}}}}\n"
        )

    return make


def tensors(declared, length=None, size=0):
    """Writes a .safetensors file of this header, of which it says this length."""

    def write(path):
        text = declared if isinstance(declared, str) else json.dumps(declared)
        with path.open("wb") as file:
            file.write((len(text) if length is None else length).to_bytes(8, "little"))
            file.write(text.encode())
            file.truncate(8 + len(text) + size)

    return write


def entry(shape, start, end, dtype="F64"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


W = "output/W"
WEIGHTS = {
    "a header of 2^63 bytes": weights("w.safetensors", tensors({}, 2**63)),
    "a sparse header of 1 GiB": weights("w.safetensors", tensors("", 1 << 30, 1 << 31)),
    "a tensor that isn't there": weights(
        "w.safetensors", tensors({W: entry([4, 3], 0, 96), "x": entry([10**12], 96, 8 * 10**12)})
    ),
    "a shape that isn't there": weights(
        "w.safetensors", tensors({W: entry([10**12], 0, 96)}, None, 96)
    ),
    "a shape of no end": weights("w.safetensors", tensors({W: entry([2**62, 4, 3, 0], 0, 0)})),
    "a shape of too many": weights(
        "w.safetensors", tensors({W: entry([1] * 10**6, 0, 8)}, None, 8)
    ),
    "tensors that overlap": weights(
        "w.safetensors", tensors({f"t{i}": entry([9], 0, 72) for i in range(9)}, None, 72)
    ),
    "a type of its own": weights(
        "w.safetensors", tensors({W: entry([4, 3], 0, 96, "O" * 99)}, None, 96)
    ),
    "brackets for a header": weights("w.safetensors", tensors("[" * 5_000_000)),
    "another shape, of zeros": weights(
        "w.npz", archive(output__W=(header((LARGE // 16,)), LARGE // 2))
    ),
    "another shape, not there": weights("w.npz", archive(output__W=(header((10**12,)), 8))),
}

BOMBS = {**CONFIGS, **TABLES, **WEIGHTS}


def on_disk(folder):
    """Bytes that the files in a folder take there: a sparse one has none."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_refused_in_little_memory(name, tmp_path, monkeypatch, tried):
    if "footer" in name:
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    monkeypatch.chdir(tmp_path)
    BOMBS[name](tmp_path)
    ended, grown = measured("validate", "it.yaml")
    assert ended.code == 2, ended
    ended.assert_one_line_errors()
    assert grown <= 2 * on_disk(tmp_path) + SLACK, f"{grown:,}"
    tried(1, f"exit code 2, {grown >> 20} MiB more")


# ---- runs, made up and sealed


def sealed(name, content):
    def make(run):
        directory = RunDirectory.open(run)
        directory.recover()
        directory.write(name, content)
        directory.write_manifest()

    return make


def sparse(name):
    def make(run):
        with (run / name).open("r+b") as file:
            file.truncate(1 << 34)

    return make


NESTED = '{"a":' * 100_000
DEEP = json.dumps({"__metadata__": {"state": "[" * 100_000, "beside": "{}"}})
RUNS = {
    "weights with a long header": sealed("model.safetensors", b"\xff" * 7 + b"\0" + b"{}"),
    "a checkpoint of brackets": sealed(
        "checkpoints/last.safetensors", len(DEEP).to_bytes(8, "little") + DEEP.encode()
    ),
    "statistics of brackets": sealed("preprocessing.json", NESTED.encode()),
    "an environment of digits": sealed("environment.json", b"9" * 1_000_000),
    "metrics without end": sealed("metrics.csv", b"epoch,loss\n" + b"1," * 1_000_000),
    "a split that isn't zip": sealed("split.npz", b"PK\x05\x06" + b"\xff" * 18),
    "a sparse manifest": sparse("manifest.json"),
    "sparse weights": sparse("model.safetensors"),
    "sparse statistics": sparse("preprocessing.json"),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "it.yaml").write_text(f"{IRIS}training: {{epochs: 1}}\noutput: {{plots: []}}\n")
    assert nncli("train", folder / "it.yaml", "--runs-dir", folder, "--quiet").code == 0
    return folder / "it-001"


@pytest.mark.parametrize("name", RUNS)
def test_bomb_in_a_run_is_refused_in_little_memory(name, trained, tmp_path, monkeypatch, tried):
    monkeypatch.chdir(tmp_path)
    run = Path(shutil.copytree(trained, tmp_path / "run"))
    RUNS[name](run)
    ended, grown = measured("plot-loss" if "metrics" in name else "trace", "run")
    assert ended.code == 4, ended
    ended.assert_one_line_errors()
    assert grown <= 2 * on_disk(tmp_path) + SLACK, f"{grown:,}"
    tried(1, f"exit code 4, {grown >> 20} MiB more")
