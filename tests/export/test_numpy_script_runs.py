"""The script exported from a run prints the run's losses, to the bit."""

import pytest
from script_runs import CONFIGS, IRIS, assert_repeats, logged, page_of, printed, trained

from nncli.errors import UserError
from nncli.registry import find, members

DTYPES = ("float64", "float32")
ACTIVATIONS = list(members("activation"))
PAIRS = [
    ("cross_entropy", "softmax"),
    ("binary_cross_entropy", "sigmoid"),
    ("{type: cross_entropy, label_smoothing: 0.1}", "softmax"),
    ("{type: binary_cross_entropy, label_smoothing: 0.1}", "sigmoid"),
    ("{type: focal, label_smoothing: 0.1}", "softmax"),
    ("{type: binary_focal, gamma: 1.5}", "sigmoid"),
    ("mse", "softmax"),
    ("hinge", "identity"),
    ("perceptron", "identity"),
    ("squared_hinge", "tanh"),
    ("multiclass_hinge", "identity"),
    ("squared_multiclass_hinge", "identity"),
    ("mae", "sigmoid"),
    ("huber", "identity"),
    ("half_mse", "tanh"),
    ("half_sse", "sigmoid"),
    ("rss", "identity"),
    ("poisson", "softplus"),
]
OPTIMIZERS = [name for name in members("optimizer") if name != "lbfgs"]
SAMPLINGS = [
    ["training.batch_size=16"],  # 105 rows: the last batch of an epoch has 9
    ["training.batch_size=full"],
    ["training.batch_size=full", "training.steps_per_epoch=2"],
    ["training.batch_size=full", "training.sampling=with_replacement"],
    ["training.sampling=with_replacement", "training.steps_per_epoch=3"],
    ["training.sampling=without_replacement", "training.steps_per_epoch=1"],
    ["training.steps_per_epoch=30"],
]
NETWORKS = {
    "dropout": "[8, {type: dropout, rate: 0.3}, 6, {type: dropout}]",
    "batch_norm": "[feature_scale, batch_norm, 8, batch_norm, {type: activation, function: tanh}]",
    "frozen": "[{type: dense, units: 5, trainable: false}, {type: batch_norm, trainable: false},"
    " {type: dense, units: 5, bias: false}, {type: dense, units: 4, trainable: false}, batch_norm]",
    "frozen_tensors": "[{type: dense, units: 5, trainable: {b: false}},"
    " {type: dense, units: 4, kernel_regularizer: l2, trainable: {W: false}}]",
    "penalties": "[{type: dense, units: 5, kernel_regularizer: l1_l2},"
    " {type: dense, units: 5, kernel_regularizer: l2},"
    " {type: dense, units: 4, kernel_regularizer: {type: l1_l2, l1: 0.003}}]",
    "none": "[]",
}


@pytest.mark.parametrize("config", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_is_repeated(config, tmp_path):
    assert_repeats(config, tmp_path)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_repeated_in_a_layer_and_by_itself(activation, dtype, tmp_path):
    dense = f"{{type: dense, units: 5, activation: {activation}}}"
    hidden = f"network.hidden=[{dense}, {{type: activation, function: {activation}}}]"
    assert_repeats(IRIS, tmp_path, hidden, f"training.dtype={dtype}")


@pytest.mark.parametrize("weight", ["null", "balanced", "{setosa: 2}"])
@pytest.mark.parametrize(("loss", "activation"), PAIRS)
def test_every_loss_is_repeated_with_and_without_weights_of_rows(
    loss, activation, weight, tmp_path
):
    dtype = "float32" if weight == "{setosa: 2}" else "float64"
    pair = (f"loss={loss}", f"network.output.activation={activation}")
    others = (f"training.class_weight={weight}", f"training.dtype={dtype}")
    assert_repeats(IRIS, tmp_path, *pair, *others)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_is_repeated_with_clipping(optimizer, dtype, tmp_path):
    clip = "training.clip_grad_norm=0.01"
    assert_repeats(IRIS, tmp_path, f"optimizer={optimizer}", clip, f"training.dtype={dtype}")


def test_nesterov_is_repeated(tmp_path):
    optimizer = "optimizer={type: sgd, momentum: 0.9, nesterov: true}"
    assert_repeats(IRIS, tmp_path, optimizer)


@pytest.mark.parametrize("dtype", DTYPES)
def test_lbfgs_is_repeated(dtype, tmp_path):
    full = ("optimizer=lbfgs", "training.batch_size=full", "training.epochs=12")
    assert_repeats(IRIS, tmp_path, *full, f"training.dtype={dtype}")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("hidden", NETWORKS.values(), ids=NETWORKS)
def test_every_layer_is_repeated(hidden, dtype, tmp_path):
    assert_repeats(IRIS, tmp_path, f"network.hidden={hidden}", f"training.dtype={dtype}")


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=" ".join)
def test_every_way_to_draw_batches_is_repeated(sampling, tmp_path):
    assert_repeats(IRIS, tmp_path, *sampling)


@pytest.mark.parametrize("name", list(members("initializer")))
def test_every_initializer_is_repeated(name, tmp_path):
    if find("initializer", name).given_by:
        pytest.skip("of numbers that have to be given: the next, and configs/one_softmax_step.yaml")
    hidden = f"network.hidden=[{{type: dense, units: 5, kernel_initializer: {name}}}]"
    assert_repeats(IRIS, tmp_path, hidden)


@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_of_the_config_are_in_the_script(dtype, tmp_path):
    kernel, bias = "[[0.1, -2], [0.3, 4], [1e-9, 0.25], [-1, 1]]", "[0.125, -0.3]"
    hidden = f"units: 2, kernel_initializer: {{type: values, values: {kernel}}}"
    hidden += f", bias_initializer: {{type: values, values: {bias}}}"
    hidden = f"network.hidden=[{{type: dense, {hidden}}}]"
    page = assert_repeats(IRIS, tmp_path, hidden, f"training.dtype={dtype}")
    assert "W1_start" in page
    assert "b1_start" in page


@pytest.mark.parametrize("interval", ["epoch", "step"])
@pytest.mark.parametrize("name", list(members("schedule")))
def test_every_schedule_is_repeated(name, interval, tmp_path):
    interval = "epoch" if name == "reduce_on_plateau" else interval
    warmup = 0 if name == "one_cycle" else 2
    schedule = f"schedule={{type: {name}, interval: {interval}, warmup: {warmup}}}"
    assert_repeats(IRIS, tmp_path, schedule, "training.epochs=5")


def test_a_plateau_that_a_script_can_watch_is_followed_by_its_rule(tmp_path):
    schedule = "schedule={type: reduce_on_plateau, monitor: loss, patience: 1, min_delta: 0.05}"
    page = assert_repeats(
        IRIS, tmp_path, schedule, "training.epochs=20", "output.log_every=7", "optimizer=adam"
    )
    assert "def observe(state, value):" in page
    assert "if epoch % 7 == 0 or epoch == 20:" in page


PLATEAU = "schedule={type: reduce_on_plateau, monitor: accuracy, patience: 1}"


def test_a_plateau_that_it_cannot_watch_is_followed_by_the_recorded_rates(tmp_path):
    page = assert_repeats(IRIS, tmp_path, PLATEAU, "training.epochs=20")
    assert "learning_rate = rates[epoch - 1]" in page


def test_rates_that_were_not_all_recorded_are_refused(tmp_path):
    path = trained(IRIS, tmp_path, PLATEAU, "training.epochs=20", "output.log_every=7")
    with pytest.raises(UserError, match=r"metrics\.csv doesn't have them all"):
        page_of(path)


def test_a_run_that_ended_early_is_repeated_so_far_and_says_why(tmp_path):
    stopping = "training.early_stopping={patience: 1, min_delta: 0.1}"
    page = assert_repeats(IRIS, tmp_path, stopping, "training.epochs=200")
    assert "of 200 epochs: early stopping ended it" in page


def test_a_run_that_diverged_is_repeated_up_to_there(tmp_path):
    page = assert_repeats(
        IRIS,
        tmp_path,
        *("loss=mse", "network.output.activation=identity", "optimizer.learning_rate=3"),
        "training.epochs=100",
    )
    assert "epochs: diverged" in page


def test_many_rows_are_evaluated_in_the_same_chunks(tmp_path):
    config = tmp_path / "many.yaml"
    config.write_text(
        "data: {dataset: {type: linear_regression, samples: 12000}}\n"
        "network: {hidden: [40, batch_norm]}\n"
        "training: {batch_size: 4000}\n"
    )
    page = assert_repeats(config, tmp_path / "runs")
    assert "for start in range(0, len(x_all), 6553):" in page


def test_a_table_with_weights_texts_and_two_targets_is_repeated(tmp_path):
    lines = [f"{i * i % 7}.5,{'abc'[i % 3]},{i % 4 + 1},{i % 5},{i % 3}.25\n" for i in range(60)]
    (tmp_path / "table.csv").write_text("n,text,weight,y1,y2\n" + "".join(lines))
    config = tmp_path / "table.yaml"
    config.write_text(
        "data: {path: table.csv, target: [y1, y2], sample_weight: weight}\n"
        "network: {hidden: [5, dropout]}\n"
        "training: {batch_size: 16, dtype: float32}\n"
    )
    assert_repeats(config, tmp_path / "runs")
    assert_repeats(config, tmp_path / "more", "data.features={include: [n]}", "data.on_disk=true")


def test_a_loss_of_zero_is_printed_as_zero(tmp_path):
    config = tmp_path / "perfect.yaml"
    config.write_text(
        "data: {dataset: {type: inline, x: [[-800.0], [800.0]], y: [a, b]}}\n"
        "network: {hidden: [], output: {units: 2, activation: softmax}}\n"
        "loss: cross_entropy\n"
        "optimizer: {type: gd, learning_rate: 100}\n"
    )
    page = assert_repeats(config, tmp_path / "runs")
    assert "total = 0.0 + " in page


def test_data_beyond_the_limit_are_refused_with_their_size(tmp_path, monkeypatch):
    monkeypatch.setattr("nncli.export.numpy_script.data.MAX_BYTES", 1000)
    with pytest.raises(UserError, match="a script holds at most 0: train on fewer rows"):
        page_of(trained(IRIS, tmp_path))


def test_a_compiled_run_is_repeated_up_to_rounding_and_says_so(tmp_path):
    pytest.importorskip("llvmlite")
    path = trained(IRIS, tmp_path, "training.engine=compiled")
    page = page_of(path)
    assert "up to rounding" in page
    header, *rows = printed(page, path).splitlines()
    logged_header, *logged_rows = logged(path).splitlines()
    assert header == logged_header
    for row, logged_row in zip(rows, logged_rows, strict=True):
        numbers = [float(cell) for cell in logged_row.split(",")]
        assert [float(cell) for cell in row.split(",")] == pytest.approx(numbers, rel=1e-9)


@pytest.mark.parametrize(
    "block",
    [
        "{type: adam, initial_state: {m: {output/b: [0.5, 0.2, 0.1]}, s: 0.1, step: 5}}",
        "{type: sgd, momentum: 0.9, initial_state: {velocity: {output/b: [0.5, 0.2, 0.1]}}}",
        "{type: rmsprop, initial_state: {squares: 0.3}}",
    ],
)
def test_a_script_goes_on_from_what_the_optimizer_is_given(tmp_path, block):
    assert_repeats(IRIS, tmp_path, f"optimizer={block}")


IMAGES = {  # of iris's four columns
    "convolutions": "[{type: conv2d, filters: 9, kernel_size: 2, padding: same},"
    " {type: conv2d, filters: 3, kernel_size: 2, strides: [1, 2], padding: same, bias: false},"
    " batch_norm, {type: dropout, rate: 0.2}, flatten]",
    "pools": "[{type: conv2d, filters: 3, kernel_size: 1, kernel_regularizer: l2},"
    " {type: max_pool2d, strides: 1, padding: same}, layer_norm,"
    " {type: avg_pool2d, strides: 1, padding: same}, prelu, flatten]",
    "frozen": "[{type: conv2d, filters: 3, kernel_size: 1},"
    " {type: conv2d, filters: 2, kernel_size: 2, trainable: false}, flatten]",
    "maxout": "[flatten, {type: dense, units: 6, activation: identity},"
    " {type: reshape, shape: [2, 1, 3]}, {type: max_pool2d, pool_size: [2, 1]}, flatten]",
    "residual": "[{type: residual, layers: [{type: conv2d, filters: 1, kernel_size: 1}, prelu]},"
    " flatten, 6, {type: residual, layers: [5, layer_norm, {type: dense, units: 6}]}]",
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("hidden", IMAGES.values(), ids=IMAGES)
def test_layers_of_images_are_repeated(hidden, dtype, tmp_path, monkeypatch):
    for name in ("BLOCK_NUMBERS", "NARROW_BLOCK_NUMBERS"):  # several images, not all
        monkeypatch.setattr(f"nncli.parts.windows.{name}", 200)
    images = "network.input={type: input, shape: [2, 2, 1]}"
    assert_repeats(IRIS, tmp_path, images, f"network.hidden={hidden}", f"training.dtype={dtype}")
