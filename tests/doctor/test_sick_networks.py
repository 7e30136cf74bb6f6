"""Many sick networks: the share whose first finding is right. A few in `make test`, all in soak."""

import os

import pytest
from doctor_runs import examined, layers
from sick_networks import HEALTHY, SICK, VANISHING

from nncli.doctor.diagnose import Diagnosis

MIN_RIGHT = 0.95
IS_SOAK = bool(os.environ.get("NNCLI_SOAK"))
SIGMOIDS = [sick for sick in VANISHING if "sigmoid" in sick.name]
STUCK_OUTPUT, NECK, EARLY = (
    next(sick for sick in SICK if sick.name == name)
    for name in (
        "mse of sigmoids that start pinned",
        "one unit for the spiral",
        "a schedule that ends at once",
    )
)


def first(report: Diagnosis) -> str:
    return report.findings[0].check if report.findings else ""


@pytest.mark.parametrize("sick", [*SIGMOIDS[:3], STUCK_OUTPUT, NECK, EARLY], ids=str)
def test_what_once_got_a_clean_bill_or_a_wrong_name_is_found(tmp_path, sick):
    assert first(examined(tmp_path, sick.config, *sick.assignments)) in sick.right


def test_the_gradients_that_are_told_are_those_of_the_table(tmp_path):
    """What the check says of the first layer over the last, the table by layers shows as well."""
    sick = SIGMOIDS[1]
    report = examined(tmp_path, sick.config, *sick.assignments)
    trained = [layer for layer in report.layers if layer.gradient_norm_early is not None]
    shares = [trained[0].gradient_norm_early / trained[-1].gradient_norm_early]
    shares.append(trained[0].gradient_norm / trained[-1].gradient_norm)
    assert max(shares) < 0.03
    assert first(report) == "gradients"


def test_a_deep_network_is_not_told_that_it_lacks_units(tmp_path):
    sick = SIGMOIDS[1]
    report = examined(tmp_path, sick.config, *sick.assignments)
    assert not any("too few hidden units" in finding.message for finding in report.findings)


def test_gradients_that_shrink_where_the_network_learns_all_the_same_are_in_order(tmp_path):
    config, assignments = HEALTHY["four sigmoid layers that adam moves"]
    report = examined(tmp_path, config, *assignments)
    assert report.layers[0].gradient_norm_early < 0.1 * report.layers[-1].gradient_norm_early
    assert report.is_healthy


def test_two_layers_are_no_way_to_vanish_on(tmp_path):
    config = "data: {dataset: iris}\ntraining: {epochs: 20}\n"
    sizes = {"type": "normal", "std": 1e-3}
    report = examined(
        tmp_path,
        config,
        layers(1, units=8, activation="tanh", kernel_initializer=sizes),
        "network.output.kernel_initializer={type: normal, std: 1.0e-4}",
    )
    assert first(report) != "gradients"


@pytest.mark.skipif(not IS_SOAK, reason="half a minute: make soak runs it")
def test_the_first_finding_is_right_for_nearly_all_and_the_healthy_get_a_clean_bill(tmp_path):
    assert len(SICK) >= 40
    wrong = []
    for number, sick in enumerate(SICK):
        (folder := tmp_path / str(number)).mkdir()
        found = first(examined(folder, sick.config, *sick.assignments))
        wrong += [] if found in sick.right else [f"{sick}: {found or 'no problem'}"]
    assert 1 - len(wrong) / len(SICK) >= MIN_RIGHT, wrong
    for name, (config, assignments) in HEALTHY.items():
        (folder := tmp_path / name.replace(" ", "_")).mkdir()
        report = examined(folder, config, *assignments)
        assert report.is_healthy, (name, report.findings)
