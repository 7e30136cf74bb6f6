"""A suggestion shares the meaning: names of other libraries, slips of the pen, misplaced keys."""

import pytest

from nncli.config.other_names import NEAR
from nncli.errors import did_you_mean
from nncli.registry import members


def found(nncli, write, *lines):
    return nncli("validate", write("a.yaml", "data: {dataset: iris}", *lines)).err


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("loss: mse_loss", "mse"),
        ("loss: MSELoss", "mse"),
        ("loss: L1Loss", "mae"),
        ("loss: SmoothL1Loss", "huber"),
        ("loss: BCEWithLogitsLoss", "binary_cross_entropy"),
        ("loss: sparse_categorical_crossentropy", "cross_entropy"),
        ("loss: categorical_crossentropy", "cross_entropy"),
        ("optimizer: AdamW", "adamw"),
        ("optimizer: SGD", "sgd"),
        ("schedule: StepLR", "step"),
        ("schedule: CosineAnnealingLR", "cosine"),
        ("schedule: ReduceLROnPlateau", "reduce_on_plateau"),
        ("schedule: invscaling", "inverse_time"),
        ("network: {hidden: [{type: dense, units: 2, activation: LeakyReLU}]}", "leaky_relu"),
        ("network: {hidden: [{type: BatchNorm1d}]}", "batch_norm"),
        ("evaluation: {metrics: [f1_score]}", "f1_macro"),
        ("evaluation: {metrics: [roc_auc_score]}", "roc_auc"),
        ("evaluation: {metrics: [auc]}", "roc_auc"),
    ],
)
def test_names_of_other_libraries_lead_to_ours(nncli, write, line, known):
    assert f"(did you mean '{known}'?)" in found(nncli, write, line)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("loss", "focal_los"),
        ("loss", "mse_loss"),
        ("dataset", "mnist"),
        ("layer", "layer_norm"),
        ("schedule", "cosine_restarts"),
        ("loss", "focal_loss"),
    ],
)
def test_another_word_is_no_slip_of_the_pen(kind, name):
    others = [known for known in members(kind) if known[:2] != name[:2]]
    assert did_you_mean(name, [*others, "log_loss", "batch_norm", "constant", "moons"]) == ""


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("rel", "relu"),
        ("irsi", "iris"),
        ("btach_norm", "batch_norm"),
        ("lerning_rate", "learning_rate"),
        ("batchnorm", "batch_norm"),
        ("beta_1", "betas"),
        ("f1_marco", "f1_macro"),
    ],
)
def test_slip_of_the_pen_is_seen(name, known):
    assert did_you_mean(name, ["zeros", known]) == f" (did you mean '{known}'?)"


@pytest.mark.parametrize(
    ("line", "home"),
    [
        ("training: {patience: 3}", "training.early_stopping.patience"),
        ("training: {learning_rate: 0.1}", "optimizer.learning_rate"),
        ("training: {metrics: [accuracy]}", "evaluation.metrics"),
        ("epochs: 3", "training.epochs"),
        ("batch_size: 3", "training.batch_size"),
        ("network: {loss: mse}", "loss"),
        ("training: {momentum: 0.9}", "optimizer.momentum"),
    ],
)
def test_misplaced_key_is_shown_its_block(nncli, write, line, home):
    assert f"unknown key (did you mean '{home}'?)" in found(nncli, write, line)


def test_number_in_place_of_text_keeps_its_spelling(nncli, write):
    assert "(did you mean '007', in quotes?)" in found(nncli, write, "name: 007")


def test_table_of_near_equivalents_names_parts_that_exist():
    for kind, near in NEAR.items():
        assert {*near.values()} <= {*members(kind)}
        assert not {*near} & {*members(kind)}
