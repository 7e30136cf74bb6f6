"""Presses: which of the signals that reach a process are one and the same request.

A request may arrive as several signals. `timeout` signals a process and then its group; shells and
`make` pass on what the terminal has sent to all of them already; and a key held down repeats, after
a pause of up to 0.7 s, ten to sixty times a second. A person's second press is one signal or two,
and then silence.
"""

APART = 0.12  # seconds of silence that end a press
HELD = 3  # signals of a press that no person makes: a key was held down


class Presses:
    """Takes the times of signals.

    deadline: when `is_second` is to be asked; None while there is nothing to ask.
    """

    def __init__(self) -> None:
        self.deadline: float | None = None
        self._last: float | None = None
        self._presses, self._count = 0, 0  # so far, and signals of the last one

    def take(self, now: float) -> None:
        """A signal has arrived."""
        if self._last is None or now - self._last > APART:
            self._presses, self._count = self._presses + 1, 0
        self._last, self._count = now, self._count + 1
        if self._presses > 1:
            self.deadline = now + APART

    def is_second(self) -> bool:
        """At the deadline: whether a person has pressed again."""
        self.deadline = None
        return self._count < HELD
