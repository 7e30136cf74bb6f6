"""Presses: what a person, a supervisor and a keyboard send, on a clock made by hand."""

import pytest

from nncli.cli.presses import Presses


def ended_at(*times):
    """When signals at these times end a process at once; None if they don't."""
    presses, waiting = Presses(), sorted(times)
    while waiting or presses.deadline is not None:
        if presses.deadline is not None and not (waiting and waiting[0] < presses.deadline):
            at = presses.deadline
            if presses.is_second():
                return pytest.approx(at)
        else:
            presses.take(waiting.pop(0))
    return None


def held(start, delay, rate, seconds):
    """A key held down: its first signal, and after the delay so many a second."""
    repeats = range(int((seconds - delay) * rate))
    return [start, *(start + delay + number / rate for number in repeats)]


def test_one_signal_is_waited_for_however_long_the_save_takes():
    assert ended_at(0.0) is None


@pytest.mark.parametrize("gap", [0.13, 0.2, 0.5, 3.0, 3600.0])
def test_second_press_ends_the_process_a_moment_later(gap):
    assert ended_at(0.0, gap) == gap + 0.12


@pytest.mark.parametrize("gap", [0.0, 0.001, 0.02, 0.1])
def test_signal_that_is_delivered_twice_is_one(gap):
    assert ended_at(0.0, gap) is None
    assert ended_at(0.0, gap, 1.0, 1.0 + gap) == 1.12 + gap


@pytest.mark.parametrize("rate", [10.9, 15, 25, 30, 60])  # the console's, ..., the quickest set
@pytest.mark.parametrize("delay", [0.25, 0.5, 0.66])
def test_key_held_down_is_one_press(delay, rate):
    assert ended_at(*held(0.0, delay, rate, seconds=2.0)) is None


def test_press_after_a_key_was_held_down_is_a_second_one():
    assert ended_at(*held(0.0, 0.5, 30, seconds=2.0), 3.0) == 3.12


@pytest.mark.parametrize("rate", [2, 4, 6, 8])
def test_whoever_presses_again_and_again_is_heard_at_the_second_press(rate):
    assert ended_at(*(number / rate for number in range(20))) == 1 / rate + 0.12
