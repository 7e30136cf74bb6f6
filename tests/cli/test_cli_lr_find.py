"""`nncli lr-find`: a rate to train with, and a picture; no run is left."""

import pytest

TINY = ("data: {dataset: iris}", "network: {hidden: [4]}", "optimizer: {type: sgd}")


@pytest.fixture
def config(write):
    return write("tiny.yaml", *TINY)


def test_it_says_which_rate_to_train_with_and_leaves_a_picture_alone(nncli, config, folder):
    done = nncli("lr-find", config, "--steps", 60, "-o", "found.svg")
    assert (done.code, done.err) == (0, "")
    first, table, reading, picture = done.out.rstrip("\n").split("\n\n")
    assert first.startswith("60 steps, rates from 1e-06 to 10")
    names = [line[:13].strip() for line in table.splitlines()]
    assert names == ["", "falls fastest", "least", "least / 10", "the config's"]
    rate = table.splitlines()[3].split()[3]
    assert f"a safe choice: --set optimizer.learning_rate={rate}" in reading.replace("\n", " ")
    assert picture == "picture: found.svg"
    assert sorted(path.name for path in folder.iterdir()) == ["found.svg", "tiny.yaml"]
    assert b"it falls fastest at" in (folder / "found.svg").read_bytes()
    assert nncli("validate", config, "--set", f"optimizer.learning_rate={rate}").code == 0


def test_json_has_all_that_the_picture_shows(nncli, config):
    done = nncli("lr-find", config, "--steps", 40, "--json")
    found = done.json
    assert done.code == 0
    assert found["picture"] == "tiny-lr-find.png"
    assert found["config"] == 0.01
    assert found["least_over_10"] == pytest.approx(found["least"] / 10)
    assert len(found["rates"]) == len(found["losses"]) == len(found["smoothed"]) <= 40


def test_a_run_goes_on_from_its_weights(nncli, iris):
    found = nncli("lr-find", iris.path, "--steps", 10, "--json").json
    before = nncli("lr-find", iris.path / "config.yaml", "--steps", 10, "--json").json
    assert found["losses"][0] < before["losses"][0]
    assert found["picture"] == "iris-001-lr-find.png"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--set", "optimizer=lbfgs"), 2, "tiny.yaml: optimizer: lbfgs has no learning rate"),
        (("--low", 2, "--high", 1), 2, "nncli lr-find: --low: expected a rate below --high 1"),
        (("--low", 0), 2, "nncli lr-find: Invalid value for '--low'"),
        (("--high", "inf"), 2, "nncli lr-find: Invalid value for '--high'"),
        (("--high", "nan"), 2, "nncli lr-find: Invalid value for '--high'"),
        (("--high", 1e300), 2, "nncli lr-find: Invalid value for '--high'"),
        (("--low", 1e-300), 2, "nncli lr-find: Invalid value for '--low'"),
        (("-o", "found.txt"), 2, "found.txt: expected a name ending in .png, .svg, .pdf"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(nncli, config, arguments, code, words):
    done = nncli("lr-find", config, *arguments)
    assert done.code == code
    assert words in done.err
    assert done.err.count("\n") == 1


def test_where_no_rate_helps_it_ends_with_1(nncli, config, folder):
    done = nncli("lr-find", config, "--steps", 20, "--high", 1e-5, "-o", "flat.png")
    assert done.code == 1
    assert "no rate lowered the loss" in done.out
    assert "a larger --high or more --steps may find one" in done.out
    assert (folder / "flat.png").exists()


def test_a_rate_still_falling_at_the_end_says_how_to_look_further(nncli, config):
    full = "--set", "training.batch_size=full"
    done = nncli("lr-find", config, *full, "--steps", 20, "--high", 0.2, "-o", "open.png")
    assert "a larger --high looks further" in done.out


def test_a_rate_that_was_not_tried_is_neither_suggested_nor_in_the_picture(nncli, config, folder):
    done = nncli("lr-find", config, "--low", 0.5, "--steps", 20, "-o", "high.svg")
    assert done.code == 0
    assert "was not tried: a smaller --low looks there" in done.out.replace("\n", " ")
    assert "--set" not in done.out
    legend = (folder / "high.svg").read_text(encoding="utf-8")
    assert "least loss" in legend
    assert "least / 10" not in legend
    assert "config's rate" not in legend
