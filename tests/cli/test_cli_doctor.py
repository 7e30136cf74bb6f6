"""`nncli doctor`: findings with an edit each, a healthy run, one JSON object."""

import pytest


@pytest.fixture
def sick(train, write):
    """A run whose rate is far too small."""
    config = write(
        "sick.yaml",
        "data: {dataset: {type: moons, samples: 120}}",
        "optimizer: {type: sgd, learning_rate: 1.0e-8}",
        "training: {epochs: 80}",
    )
    return train(config).path


@pytest.fixture
def healthy(train, configs):
    return train(configs / "and_gate.yaml").path


def test_a_finding_has_its_number_one_edit_and_what_the_edit_did(nncli, sick):
    done = nncli("doctor", sick)
    assert (done.code, done.err) == (0, "")
    first, finding, *_ = done.out.split("\n\n")
    assert first == f"{sick}: 1 finding"
    message, edit, tried = finding.split("\n   try ")[0], *finding.splitlines()[-2:]
    assert message.startswith("1. nothing moves: in the whole run no layer's weights changed by")
    assert edit.startswith("   try --set optimizer.learning_rate=")
    assert tried.startswith("   with it ")
    assert "! steps " in done.out
    assert done.out.endswith(f"nncli train {sick / 'config.resolved.yaml'} --set KEY=VALUE\n")


def test_the_edit_can_be_followed_as_the_last_line_says(nncli, sick, folder):
    edit = nncli("doctor", sick, "--json").json["findings"][0]["edit"]
    again = nncli("train", sick / "config.resolved.yaml", "--json", "-q", "--set", edit)
    assert again.code == 0
    assert nncli("doctor", again.json["run"], "--json").json["healthy"]


def test_a_healthy_run_gets_a_clean_bill_and_the_checks_with_their_numbers(nncli, healthy):
    done = nncli("doctor", healthy)
    assert done.code == 0
    assert done.out.startswith(f"{healthy}: no problem found\n")
    assert "loss at the start   0.7908 at epoch 0, against ln 2 = 0.6931\n" in done.out
    assert "--set" not in done.out


def test_early_and_late_columns_are_explained_and_not_called_the_start(nncli, healthy):
    out = nncli("doctor", healthy).out
    table = out.split("\n\n")[1]
    assert table.splitlines()[-1] == (
        "early, late: medians of 10 steps, from the initial weights on and from the last ones on"
    )
    assert "at start" not in table
    assert "gradients           skipped: one trained layer only" in out


def test_json_has_findings_layers_and_checks(nncli, sick):
    report = nncli("doctor", sick, "--json").json
    assert list(report) == ["run", "healthy", "findings", "layers", "checks", "rows"]
    assert (report["run"], report["healthy"]) == (str(sick), False)
    assert set(report["findings"][0]) == {"check", "message", "value", "edit", "tried"}
    assert [layer["name"] for layer in report["layers"]] == ["hidden_1", "output"]
    assert {"gradient_norm", "update_to_weight", "dead", "saturated"} < set(report["layers"][0])
    assert {"divergence", "inputs", "loss at the start", "overfit a few rows"} < {
        check["check"] for check in report["checks"]
    }


def test_an_edit_that_mends_two_findings_is_written_once(nncli, train, write):
    config = write(
        "raw.yaml", "data: {dataset: wine, preprocessing: none}", "training: {epochs: 20}"
    )
    out = nncli("doctor", train(config).path).out
    assert out.count("--set 'data.preprocessing={numeric: {scale: standard}}'") == 1
    assert "   try the edit of 1\n" in out


def test_a_run_that_was_interrupted_is_examined_with_a_note(nncli, train, gate, monkeypatch):
    monkeypatch.setattr(
        "nncli.doctor.diagnosed_run.DiagnosedRun.summary", {"stopped": "interrupted"}
    )
    done = nncli("doctor", train(gate).path)
    assert done.code == 0
    assert done.err == "note: training was interrupted; this is what its last checkpoint shows\n"


def test_a_missing_run_is_a_user_error(nncli, folder):
    done = nncli("doctor", folder / "none")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"{folder / 'none'}: no such run directory\n"


def test_a_damaged_run_is_told_from_a_sick_one(nncli, healthy):
    (healthy / "metrics.csv").write_text("epoch,loss\n")
    done = nncli("doctor", healthy)
    assert done.code == 4
    assert "changed since the run was saved" in done.err
