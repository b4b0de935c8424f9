"""Ctrl-C and SIGTERM while training: finish the step, keep what was learned, then end.

The first signal is only noted; the training loop asks after each step, writes a checkpoint and
ends with 130 or 143, as shells expect. A second Ctrl-C ends it at once.
The launcher sends SIGTERM to its processes several times; they count as one.
"""

import signal
import threading
from types import FrameType
from typing import Any


class StopSignals:
    """Within a `with` block, note SIGINT and SIGTERM in `received` (0 for none)."""

    def __init__(self) -> None:
        self.received = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopSignals":
        if threading.current_thread() is threading.main_thread():  # others may set no handler
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = number
