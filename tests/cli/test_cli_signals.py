"""Which signals are a second request to end, on a clock made by hand."""

import signal

import pytest

from nncli.cli.signals import second_request


def ended_at(*times):
    """When signals at these times end a process at once; None if they don't."""
    seen = []

    def arrivals():
        for time in sorted(times):
            seen.append(time)
            yield time, signal.SIGINT

    return seen[-1] if second_request(arrivals()) else None


def held(start, delay, rate, seconds):
    """A key held down: its first signal, and after the delay so many a second."""
    repeats = range(int((seconds - delay) * rate))
    return [start, *(start + delay + number / rate for number in repeats)]


def test_one_signal_is_waited_for_however_long_the_save_takes():
    assert ended_at(0.0) is None


@pytest.mark.parametrize("gap", [1.01, 1.5, 3.0, 3600.0])
def test_a_signal_more_than_a_second_later_ends_the_process_without_a_wait(gap):
    assert ended_at(0.0, gap) == gap


def test_the_process_ends_with_the_number_of_the_signal_that_ended_it():
    assert second_request([(0.0, signal.SIGINT), (2.0, signal.SIGTERM)]) == signal.SIGTERM


@pytest.mark.parametrize("gap", [0.0, 0.001, 0.02, 0.1, 0.9])
def test_signal_that_is_delivered_twice_is_one(gap):
    assert ended_at(0.0, gap) is None
    assert ended_at(0.0, gap, 5.0, 5.0 + gap) == 5.0


@pytest.mark.parametrize("rate", [2, 10.9, 15, 25, 30, 60])  # a slow line's, the console's, ...
@pytest.mark.parametrize("delay", [0.25, 0.5, 0.66])
def test_key_held_down_is_one_request_however_long(delay, rate):
    assert ended_at(*held(0.0, delay, rate, seconds=20.0)) is None


def test_press_after_a_key_was_held_down_is_a_second_request():
    assert ended_at(*held(0.0, 0.5, 30, seconds=2.0), 3.1) == 3.1


@pytest.mark.parametrize("rate", [2, 4, 6, 8])
def test_whoever_presses_again_and_again_is_heard_after_a_pause(rate):
    presses = [number / rate for number in range(20)]
    assert ended_at(*presses) is None
    assert ended_at(*presses, presses[-1] + 1.1) == presses[-1] + 1.1
