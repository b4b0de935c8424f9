"""Ctrl-C and SIGTERM while training: finish the step, keep what was learned, then end.

The first signal is only noted; the training loop asks after each step, writes a checkpoint and
ends with 130 or 143, as shells expect. A second Ctrl-C ends it at once.
The launcher sends SIGTERM to its processes several times; they count as one.

训练中的 Ctrl-C 和 SIGTERM：走完这一步，留下学到的东西，然后结束。
第一个信号只是记下来；训练循环每走一步就问一次，写好检查点，以 130 或 143 退出。
第二次按 Ctrl-C 会立即结束。启动器会向它的进程多次发送 SIGTERM，只算一次。
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
