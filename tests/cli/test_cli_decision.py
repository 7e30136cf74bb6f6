"""A decision threshold: given or chosen, recorded, and used by every command that names a class."""

import csv
import json

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score

ONE_UNIT, TWO_UNITS = "{hidden: []}", "{hidden: [], output: {units: 2}}"
FIGURES = ("--json", "--no-plots")


def rows(count, seed):
    """One row in ten or so is ill, and the two numbers tell it with some luck."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, 2))
    ill = random.random(count) < 1 / (1 + np.exp(-(1.5 * x[:, 0] - x[:, 1] - 3)))
    return [
        f"{a:.4f},{b:.4f},{'ill' if is_ill else 'well'}"
        for (a, b), is_ill in zip(x, ill, strict=True)
    ]


@pytest.fixture
def ill(write):
    """ill("decision: ..."): a config of a task whose second class, well, is the frequent one."""

    def call(*lines, classes="[well, ill]"):
        write("ill.csv", "a,b,y", *rows(600, 0))
        return write(
            "ill.yaml",
            f"data: {{path: ill.csv, target: y, classes: {classes}}}",
            "training: {epochs: 15, threads: 1}",
            *(lines or ("network: {hidden: []}",)),
        )

    return call


def predicted(nncli, run, *options):
    """(classes, probabilities of the second) of new rows, by the command."""
    with open("new.csv", "w") as file:
        file.write("\n".join(["a,b,y", *rows(300, 1), ""]))
    done = nncli("predict", run.path, "new.csv", "--probabilities", *options)
    assert done.code == 0
    found = list(csv.DictReader(done.out.splitlines()))
    truth = np.array([row["y"] for row in found])
    classes = np.array([row["prediction"] for row in found])
    return truth, classes, np.array([float(row["probability_ill"]) for row in found]), done.err


@pytest.mark.parametrize("network", [ONE_UNIT, TWO_UNITS])
def test_a_given_threshold_is_used_by_every_command(nncli, ill, train, network):
    run = train(ill(f"network: {network}", "decision: {threshold: 0.2}"))
    truth, classes, probability, err = predicted(nncli, run)
    expected = np.where(probability > 0.2, "ill", "well")
    assert classes.tolist() == expected.tolist()
    assert (probability[expected == "ill"] < 0.5).any()
    assert err == "note: 'ill' where its probability is above 0.2\n"
    made = nncli("evaluate", run.path, "--data", "new.csv", *FIGURES).json
    both = ["well", "ill"]
    assert made["confusion"]["counts"] == confusion_matrix(truth, expected, labels=both).tolist()
    assert made["metrics"]["accuracy"] == (truth == expected).mean()
    f1 = f1_score(truth, expected, pos_label="ill")
    assert made["classes"]["ill"]["f1"] == pytest.approx(f1)
    assert made["decision"] == {"class": "ill", "threshold": 0.2}
    said = nncli("evaluate", run.path, "--no-plots").out.split("\n\n")[1]
    assert said == "decision: 'ill' where its probability is above 0.2"
    assert "'ill' where its probability is above 0.2" in nncli("explain", run.path).out


def test_a_given_threshold_applies_to_the_metrics_of_training(nncli, ill, train):
    config = ill()
    plain, low = train(config), train(config, "--set", "decision={threshold: 0.2}")
    assert plain.file("model.safetensors") == low.file("model.safetensors")
    assert plain.rows[-1]["accuracy"] != low.rows[-1]["accuracy"]
    assert plain.rows[-1]["roc_auc"] == low.rows[-1]["roc_auc"]
    scores = nncli("evaluate", low.path, "--split", "val", *FIGURES).json["metrics"]
    assert scores["accuracy"] == float(low.rows[-1]["val_accuracy"])


def test_no_threshold_leaves_the_run_without_a_word_of_it(nncli, ill, train):
    run = train(ill())
    assert "decision.json" not in run.files
    assert b"decision" not in run.file("config.resolved.yaml")
    assert "decision" not in run.json("metrics.json")
    assert "decision" not in nncli("evaluate", run.path, *FIGURES).json
    half = train(ill(), "--set", "decision={threshold: 0.5}")
    assert (half.rows[-1]["accuracy"], half.result[0]) == (run.rows[-1]["accuracy"], run.result[0])


def test_a_threshold_chosen_for_f1_beats_a_half_on_rare_rows(nncli, ill, train):
    run = train(ill("network: {hidden: []}", "decision: {maximize: f1}"))
    chosen = run.json("decision.json")
    assert chosen == run.json("metrics.json")["decision"]
    assert (chosen["class"], chosen["maximize"], chosen["split"]) == ("ill", "f1", "val")
    assert chosen["threshold"] < 0.5
    assert chosen["value"] > chosen["at_half"]
    made = nncli("evaluate", run.path, "--split", "val", *FIGURES).json
    assert made["classes"]["ill"]["f1"] == pytest.approx(chosen["value"])
    assert made["rows"] == chosen["rows"]
    assert made["decision"] == chosen
    assert "the threshold was chosen on these rows: expect less on new ones" in made["notes"]
    truth, classes, probability, err = predicted(nncli, run)
    assert classes.tolist() == np.where(probability > chosen["threshold"], "ill", "well").tolist()
    assert f"the best f1 on {chosen['rows']} validation rows" in err
    at_half = np.where(probability > 0.5, "ill", "well")
    f1, before = (f1_score(truth, each, pos_label="ill") for each in (classes, at_half))
    assert f1 > before + 0.1


def test_metrics_of_a_run_whose_threshold_is_chosen_are_those_at_a_half_and_say_so(nncli, ill):
    config = ill("network: {hidden: []}", "decision: {maximize: f1}", "output: {plots: []}")
    done = nncli("train", config)
    assert "metrics until then, in metrics.csv too, are those at 0.5" in done.err
    assert (
        "the metrics above are those at 0.5; nncli evaluate has those at this threshold" in done.out
    )
    assert "'ill' where its probability is above 0." in done.out
    plain = nncli("train", ill(), "-q", "--json", "--set", "output.plots=[]").json
    assert plain["metrics"] == nncli("train", config, "-q", "--json").json["metrics"]


def test_costs_lower_the_mean_cost_and_name_the_calibrated_threshold(nncli, ill, train):
    costs = "decision: {costs: {false_positive: 1, false_negative: 9}}"
    run = train(ill("network: {hidden: []}", costs))
    chosen = run.json("decision.json")
    made = nncli("evaluate", run.path, "--split", "val", *FIGURES).json
    (_, fp), (fn, _) = made["confusion"]["counts"]
    assert chosen["value"] == pytest.approx((fp + 9 * fn) / made["rows"])
    assert chosen["value"] < chosen["at_half"]
    out = nncli("evaluate", run.path, "--no-plots").out
    assert "with 1 for each wrong 'ill' and 9 for each missed one" in out
    assert "calibrated probabilities would call for 0.1" in out


def test_the_threshold_belongs_to_the_weights_that_are_kept(nncli, ill, train):
    stopping = "training: {epochs: 60, early_stopping: {monitor: val_loss, patience: 3}}"
    config = ill("network: {hidden: [8]}", "decision: {maximize: f1}")
    config.write_text(config.read_text().replace("training: {epochs: 15, threads: 1}", stopping))
    run = train(config, "--set", "optimizer.learning_rate=0.2")
    assert run.json("metrics.json")["best_epoch"] < run.json("metrics.json")["epochs"]
    made = nncli("evaluate", run.path, "--split", "val", *FIGURES).json
    assert made["classes"]["ill"]["f1"] == pytest.approx(run.json("decision.json")["value"])


def test_a_resumed_run_chooses_anew_as_if_it_had_never_stopped(nncli, ill, train):
    config = ill("network: {hidden: []}", "decision: {maximize: balanced_accuracy}")
    whole = train(config)
    part = train(config, "--set", "training.epochs=4")
    assert part.json("decision.json") != whole.json("decision.json")
    done = nncli("train", "--resume", part.path, "-q", "--set", "training.epochs=15")
    assert done.code == 0
    assert part.json("decision.json") == whole.json("decision.json")
    done = nncli("train", "--resume", part.path, "-q", "--json")
    assert done.json["decision"] == whole.json("decision.json")


def test_every_fold_is_scored_with_its_own_threshold(nncli, ill):
    config = ill("network: {hidden: []}", "decision: {maximize: f1}", "output: {plots: []}")
    done = nncli("train", config, "--folds", "2", "-q", "--json")
    assert done.code == 0
    for fold in done.json["folds"]:
        path = f"{done.json['run']}/{fold['run']}"
        made = nncli("evaluate", path, *FIGURES).json
        assert made["metrics"]["accuracy"] == fold["metrics"]["accuracy"]
        assert made["decision"]["threshold"] != 0.5


@pytest.mark.parametrize("network", [ONE_UNIT, TWO_UNITS, "{hidden: [{type: dropout, rate: 0.2}]}"])
def test_an_exported_script_decides_as_predict_does(nncli, ill, train, network):
    run = train(ill(f"network: {network}", "decision: {maximize: f1}"))
    page = nncli("export", run.path, "--to", "numpy").out
    space = {"__name__": "script"}
    exec(compile(page, "script.py", "exec"), space)
    for name, tensor in {"W1": "output/W", "b1": "output/b"}.items():
        target = name if name in space else name.replace("1", "2")
        space[target][...] = run.weights[tensor].reshape(space[target].shape)
    _, classes, _, _ = predicted(nncli, run)
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader

    reader = RunReader(RunDirectory.open(run.path))
    table = reader.model.read(reader.run.path.parent.parent / "new.csv", needs_target=False)
    x = reader.model.inputs(table, np.arange(len(table)))["x"]
    assert [("well", "ill")[number] for number in space["decide"](x)] == classes.tolist()


def test_no_threshold_is_no_function_in_a_script(nncli, ill, train):
    assert "decide" not in nncli("export", train(ill()).path, "--to", "numpy").out


def test_a_boundary_parts_the_classes_at_the_threshold(nncli, ill, train):
    from nncli.artifacts.run_directory import RunDirectory
    from nncli.artifacts.run_reader import RunReader
    from nncli.boundary.boundary import boundary_of
    from nncli.boundary.plot_style import remarks

    run = train(ill("network: {hidden: []}", "decision: {threshold: 0.2}"))
    made = boundary_of(RunReader(RunDirectory.open(run.path)), None, None)
    counts = nncli("evaluate", run.path, "--split", "train", *FIGURES).json["confusion"]["counts"]
    assert made.points.is_wrong.sum() == counts[0][1] + counts[1][0]
    assert any("'ill' where its probability is above 0.2." in each for each in remarks(made))
    for features in ([], ["--features", "a"]):
        assert nncli("plot-boundary", run.path, *features, "-o", "b.png").code == 0


def test_one_threshold_is_the_linear_models_too_and_the_majority_class_stays_it(nncli, ill, train):
    run = train(ill("network: {hidden: []}", "decision: {threshold: 0.01}"))
    plain = nncli("evaluate", train(ill()).path, *FIGURES).json["baselines"]
    made = nncli("evaluate", run.path, *FIGURES).json["baselines"]
    assert made["majority class"] == plain["majority class"]
    assert made["linear model"]["accuracy"] < plain["linear model"]["accuracy"]


@pytest.mark.parametrize(
    ("data", "decision", "message"),
    [
        (
            "{dataset: iris}",
            "{threshold: 0.3}",
            "decision: a threshold parts two classes, and this data has 3",
        ),
        ("{dataset: iris, task: regression}", "{threshold: 0.3}", "and this is a regression"),
        (
            "{dataset: and_gate}",
            "{maximize: f1}",
            "decision.maximize: chosen on validation rows: let",
        ),
        ("{dataset: moons}", "{threshold: 1.0}", "decision.threshold: expected"),
        ("{dataset: moons}", "{threshold: 0.3, maximize: f1}", "found threshold and maximize"),
        ("{dataset: moons}", "{}", "expected one of threshold, maximize and costs, found none"),
        ("{dataset: moons}", "{maximize: roc_auc}", "decision.maximize: expected f1, f1_macro"),
        ("{dataset: moons}", "{costs: {false_positive: 1}}", "missing key 'false_negative'"),
        ("{dataset: moons}", "{costs: {false_positive: 0, false_negative: 1}}", "> 0"),
    ],
)
def test_a_decision_that_can_not_be_is_refused_with_its_place(
    nncli, write, data, decision, message
):
    config = write("bad.yaml", f"data: {data}", f"decision: {decision}")
    done = nncli("validate", config)
    assert done.code == 2
    assert message in done.err
    assert done.err.startswith(f"{config}:2:")


def test_validation_rows_of_one_class_choose_nothing_and_say_so(nncli, write):
    lines = [f"{i},{i % 7},{'ill' if i < 5 else 'well'}" for i in range(40)]
    write("t.csv", "day,x,y", *lines)
    split = "{type: time, column: day, train: 0.5, val: 0.25, test: 0.25}"
    config = write(
        "t.yaml",
        f"data: {{path: t.csv, target: y, split: {split}}}",
        "decision: {maximize: f1}",
    )
    done = nncli("validate", config)
    assert done.code == 2
    assert "chosen on the 10 validation rows, but they are all 'well'" in done.err


def test_a_run_without_its_chosen_threshold_is_damaged(nncli, ill, train):
    run = train(ill("network: {hidden: []}", "decision: {maximize: f1}"))
    for text in ("[]", json.dumps({**run.json("decision.json"), "threshold": 7})):
        (run.path / "decision.json").write_text(text)
        run.write_manifest()
        done = nncli("predict", run.path, "ill.csv")
        assert (done.code, done.err.count("\n")) == (4, 1)
        assert f"{run.path}/decision.json: " in done.err
    (run.path / "decision.json").unlink()
    run.write_manifest()
    assert "decision.json: missing from the run" in nncli("predict", run.path, "ill.csv").err
