"""Requests to stop, which a run answers between two steps."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self

from selfstudy.errors import InterruptionError

# Preemption and time limits of clusters, and a user's Ctrl-C.
SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)


class Interruption:
    """Remembers a request to stop, between entering and leaving, until `check` is called.

    A second Ctrl-C has its usual effect; the others may come twice, as Slurm sends them. Nothing is
    remembered outside the main thread, where Python receives no signals.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._remember) for number in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._restore()

    def check(self) -> None:
        """Raise InterruptionError if a request has come."""
        if self.received is not None:
            raise InterruptionError(f"stopped by {self.received.name}")

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.received = signal.Signals(number)
        if number == signal.SIGINT:
            signal.signal(number, self._before[number])

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
