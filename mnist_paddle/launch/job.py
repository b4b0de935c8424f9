"""How are several processes watched and ended as one?

What rank 0 prints is shown as it comes. A process that fails is seen within a tenth of a second,
and of several that failed the first is named: when one dies, the others only lose their connection
to it. However it ends, by itself, by a failure or by Ctrl-C, no process is left behind.
"""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..run.signals import StopSignals
from .logs import LiveLog, size_of, text_of
from .worker import end_with_parent

WORKER = Path(__file__).resolve().with_name("worker.py")
KILLED = -9  # exit status of a process that SIGKILL ended
POLL = 0.1  # seconds between two looks at the processes
FAILURE_GRACE = 15  # seconds for Paddle's launcher to end the others once one has failed
STOP_GRACE = 60  # seconds to write a checkpoint; Paddle's launcher itself allows 30
TAIL = 40  # lines shown of a process that failed


_print_error = partial(print, file=sys.stderr, flush=True)


class Rank:
    """What is known of one process."""

    def __init__(self, number: int, log_dir: Path):
        self.number = number  # on this machine
        self.log = log_dir / f"workerlog.{number}"
        self.log_start = size_of(self.log)  # Paddle appends
        self.start: dict[str, Any] | None = None  # its records
        self.end: dict[str, Any] | None = None
        self.last_alive = 0.0
        self.dead = False
        self.code: int | None = None  # exit status other than 0, if the system told
        self.ended_by_paddle: bool | None = None

    def look(self, records: Path, now: float) -> None:
        self.start = self.start or _record(records / f"{self.number}.start")
        if self.start and not self.dead:
            alive, self.code = _state(self.start["pid"])
            if alive:
                self.last_alive = now
            self.dead = not alive
            self.end = self.end or _record(records / f"{self.number}.end")

    @property
    def failed(self) -> bool:
        return bool(self.code or (self.end and self.end["code"]))

    @property
    def left_over(self) -> bool:
        """Return whether it, or what it has started, may still run and should not."""
        return not self.dead or self.failed

    def order(self) -> tuple[bool, float, bool]:
        """Return what sorts the process that failed first before those that failed with it.

        Of two that died between the same two looks, one that aborted lost its connection to the
        other: gloo's exception in a backward pass ends the process.
        """
        recorded = self.end is not None and self.end["code"] != 0
        return (
            bool(self.ended_by_paddle) and not recorded,
            self.end["time"] if self.end and recorded else self.last_alive,
            self.code == -signal.SIGABRT,
        )

    def text(self) -> str:
        return text_of(self.log, self.log_start)


class Job:
    """All processes on this machine, from start to end, once."""

    def __init__(
        self,
        command: Sequence[str],
        words: Sequence[str],
        environment: Mapping[str, str],
        count: int,
        log_dir: Path,
        machines: int = 1,
        meeting: str | None = None,
    ):
        """Prepare a job of `count` processes here, on each of `machines`.

        `command` is that of Paddle's launcher, `words` what each process runs; `meeting` says where
        other machines are met.
        """
        self.command, self.words, self.environment = list(command), words, dict(environment)
        self.size = count * machines
        self.log_dir, self.meeting = log_dir, meeting
        self.ranks = [Rank(number, log_dir) for number in range(count)]
        self.live = LiveLog(self.ranks[0].log)
        self.log = log_dir / "launch.log"
        self.log_start = size_of(self.log)
        self.problem = ""

    def run(self, stop: StopSignals, start_timeout: float) -> int:
        """Start, wait until all have ended, say what went wrong; return the exit code."""
        with (
            TemporaryDirectory(
                dir=self.log_dir, prefix="records_", ignore_cleanup_errors=True
            ) as records,
            open(self.log, "ab") as log,
        ):
            program = [str(WORKER), os.path.abspath(records), str(self.size), *self.words]
            launcher = subprocess.Popen(
                [*self.command, *program],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # a copy of what rank 0 prints
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: end_with_parent(signal.SIGTERM),
            )
            try:
                self._watch(launcher, Path(records), stop, start_timeout)
            finally:
                self._end(launcher, Path(records))
        self.live.show(last=True)
        return 128 + stop.received if stop.received else self._verdict(launcher.returncode)

    def _watch(
        self,
        launcher: subprocess.Popen[bytes],
        records: Path,
        stop: StopSignals,
        start_timeout: float,
    ) -> None:
        """Return when Paddle's launcher has ended, or has had time enough to end."""
        late = time.monotonic() + start_timeout
        end = math.inf
        while launcher.poll() is None and time.monotonic() < end:
            time.sleep(POLL)
            self._look(records)
            self.live.show()
            if end < math.inf:
                continue
            if stop.received:
                launcher.terminate()
                end = time.monotonic() + STOP_GRACE
            elif any(rank.failed for rank in self.ranks):
                end = time.monotonic() + FAILURE_GRACE
            elif time.monotonic() > late and self._started() < len(self.ranks):
                self.problem = f"{self._started()} of {len(self.ranks)} processes came up"
                if self.meeting and not self._started():
                    self.problem = f"the machines did not meet at {self.meeting}"
                self.problem += f" within {start_timeout:g} seconds"
                launcher.terminate()
                end = time.monotonic() + FAILURE_GRACE

    def _look(self, records: Path) -> None:
        now = time.monotonic()
        for rank in self.ranks:
            rank.look(records, now)
        # Read after the processes: what was dead before Paddle noticed was not ended by Paddle.
        named = self._named_by_paddle()
        for rank in self.ranks:
            if rank.dead and rank.ended_by_paddle is None:
                rank.ended_by_paddle = bool(named) and rank.number not in named
            if rank.dead and rank.code is None:
                rank.code = named.get(rank.number)

    def _named_by_paddle(self) -> dict[int, int]:
        """Return the process whose failure Paddle's launcher saw first, and its exit code."""
        text = text_of(self.log, self.log_start)
        found = re.search(r"Container rank (\d+) status \w+ cmd .* code (-?\d+) log ", text)
        return {int(found[1]): int(found[2])} if found else {}

    def _started(self) -> int:
        return sum(rank.start is not None for rank in self.ranks)

    def _end(self, launcher: subprocess.Popen[bytes], records: Path) -> None:
        """Leave no process behind."""
        self._look(records)
        groups = [rank.start["pid"] for rank in self.ranks if rank.start and rank.left_over]
        if launcher.poll() is None:  # it may have started processes that wrote no record yet
            children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children")
            groups += map(int, children.read_text().split()) if children.exists() else []
            groups.insert(0, launcher.pid)
        for group in groups:
            with suppress(ProcessLookupError, PermissionError):  # it has ended
                if sys.platform != "win32":
                    os.killpg(group, signal.SIGKILL)
        launcher.wait()

    def _verdict(self, code: int) -> int:
        """Print what failed, and return the exit code of the whole."""
        if self.problem:
            return self._fail(self.problem)
        failed = [rank for rank in self.ranks if rank.failed]
        if code and not failed:
            failed = [rank for rank in self.ranks if rank.dead and rank.end is None]
        if failed:
            return self._report(min(failed, key=lambda rank: rank.order()))
        if self._started() < len(self.ranks) or code:
            return self._fail(
                f"Paddle's launcher ended with exit code {code} when "
                f"{self._started()} of {len(self.ranks)} processes had started"
            )
        return 0

    def _fail(self, sentence: str) -> int:
        lines = text_of(self.log, self.log_start).strip().splitlines()
        print(*lines[-5:], sep="\n", file=sys.stderr)
        _print_error(f"error: {sentence}; its log: {self.log}.")
        return 1

    def _report(self, rank: Rank) -> int:
        """Print why one process failed, unless it is on the screen already."""
        text = rank.text()
        # What it said itself goes first: Paddle may have ended it while it was ending.
        code = (rank.end and rank.end["code"]) or rank.code
        sentences = re.findall(r"^(?:.*: )?error: .*", text, re.MULTILINE)
        if code == 2 and sentences:
            if sentences[-1] not in self.live.shown:
                _print_error(sentences[-1])
            return 2
        if rank is not self.ranks[0] and code != KILLED:
            own = (rank.end and rank.end["error"]) or text
            _print_error("\n".join(own.rstrip().splitlines()[-TAIL:]))
        how = f"ended with exit code {code}"
        if code is None or code < 0:
            how = f"was killed by {signal.Signals(-code).name}" if code else "was killed"
        elsewhere = " The cause may be on another machine." if self.meeting else ""
        name = rank.start["rank"] if rank.start else rank.number
        _print_error(f"error: rank {name} {how}; its log: {rank.log}.{elsewhere}")
        return 1 if code is None else 128 - code if code < 0 else code


def _record(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _state(process: int) -> tuple[bool, int | None]:
    """Return whether a process runs and, if it does not, its exit status other than 0, if known."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False, None
        return True, None  # no Linux
    if fields[0] in "ZX":  # dead, and its parent has not asked yet
        return False, os.waitstatus_to_exitcode(int(fields[-1])) or None
    return True, None
