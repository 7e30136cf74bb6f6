"""What used to end as an internal error is a line, or works: frozen layers, lacking files, memory.

A frozen network is traced to where gradients end; a run without what every run has is corrupt; too
little memory for a library says so.
"""

import itertools
import json
import os
import resource

import pytest

LAYERS = {
    "dense": "{type: dense, units: 2}",
    "frozen": "{type: dense, units: 2, trainable: false}",
    "frozen tanh": "{type: dense, units: 2, activation: tanh, trainable: false}",
    "frozen b": "{type: dense, units: 2, trainable: {b: false}}",
    "frozen W": "{type: dense, units: 2, activation: tanh, trainable: {W: false}}",
    "frozen norm": "{type: batch_norm, trainable: false}",
    "dropout": "{type: dropout, rate: 0.2}",
    "activation": "{type: activation, function: tanh}",
}
STACKS = [*itertools.product(LAYERS, repeat=1), *itertools.product(LAYERS, repeat=2)]
FORMS = ("text", "markdown", "html")
ENDS = ("", ", output: {activation: identity}", ", output: {trainable: false}")


@pytest.mark.parametrize("stack", STACKS, ids=", ".join)
def test_trace_shows_what_learns_behind_what_is_frozen(stack, nncli, write):
    hidden = ", ".join(LAYERS[name] for name in stack)
    for number, (end, loss) in enumerate(itertools.product(ENDS, ("auto", "mse"))):
        network = f"network: {{hidden: [{hidden}]{end}}}"
        rows = "data: {dataset: xor_gate}"
        config = write("it.yaml", rows, network, f"loss: {loss}")
        for form in ("json", *FORMS[number : number + 1]):
            done = nncli("trace", config, "--format", form)
            assert done.code == 0 or "nothing to train" in done.err or done.code == 2, done.err
            assert "internal error" not in done.err
            if form == "json" and done.code == 0:
                names = [tensor["name"] for tensor in json.loads(done.out)["tensors"]]
                assert any(name.endswith(("/dW", "/db")) for name in names)


@pytest.mark.parametrize("more", [[], ["--json"], ["--quiet"]], ids=str)
@pytest.mark.parametrize(
    "lacking",
    [
        ["checkpoints/last.safetensors"],
        ["checkpoints/last.safetensors", "metrics.json"],
        ["checkpoints/last.safetensors", "model.safetensors"],
        ["model.safetensors"],
        ["fingerprints.csv"],
        ["metrics.csv"],
    ],
    ids=str,
)
def test_run_made_up_without_what_every_run_has_is_corrupt(lacking, more, nncli, train, write):
    run = train(write("it.yaml", "data: {dataset: xor_gate}", "training: {epochs: 2}"))
    for name in lacking:
        (run.path / name).unlink()
    run.write_manifest()
    done = nncli("verify", run.path, *more)
    assert (done.code, done.err.count("\n")) == (4, 1), done.err
    assert "missing from the run" in done.err


def test_run_made_up_with_nothing_learned_is_none_that_was_trained(nncli, train, write):
    run = train(write("it.yaml", "data: {dataset: xor_gate}", "training: {epochs: 2}"))
    for name in ("checkpoints/last.safetensors", "model.safetensors", "metrics.csv"):
        (run.path / name).unlink()
    (run.path / "fingerprints.csv").unlink()
    run.write_manifest()
    done = nncli("verify", run.path)
    assert done.code == 1, done.err
    assert "internal error" not in done.err


@pytest.mark.parametrize("kilobytes", [300_000, 400_000, 600_000])
def test_too_little_memory_to_score_is_said(kilobytes, nncli, train, write, process):
    rows = (f"{i % 7},{i % 2}" for i in range(40))
    write("t.csv", "x,y", *rows)
    run = train(
        write("it.yaml", "data: {path: t.csv, target: y, split: none}", "training: {epochs: 1}")
    )

    def little():
        resource.setrlimit(resource.RLIMIT_AS, (kilobytes << 10, kilobytes << 10))

    done = process("evaluate", run.path, preexec_fn=little, env={**os.environ, **ONE_THREAD})
    assert done.code in (0, 2), done.err
    assert "internal error" not in done.err
    assert done.code == 0 or "not enough memory" in done.err


ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # each takes addresses of its own
