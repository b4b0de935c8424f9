"""Stage 1, data: what lies in a folder and in the folders inside it?

Nothing is opened, so that a pipe or a device among the pictures is no danger.
A link that leads in a circle, or to a folder that is read already, is refused.
What is not a picture or .npy is counted and named in a note.

阶段 1，数据：一个文件夹以及其中的文件夹里有什么？
不打开任何文件，所以图片中间夹着管道或设备也没有危险。
绕圈的链接，或者指向已经读过的文件夹的链接，一律拒绝。
既不是图片也不是 .npy 的文件只计数，并在说明里列出。
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ...errors import DataError
from ...files import printable
from ...pictures.decode import ENDINGS as PICTURE_ENDINGS
from ...pictures.decode import UNREADABLE_ENDINGS

ENDINGS = (".npy", *PICTURE_ENDINGS, *UNREADABLE_ENDINGS)  # the last are listed to be named
NO_FACTS = "unknown"  # of a file that cannot be looked at


def facts_of(status: os.stat_result) -> str:
    """Return what changes when a file does: its size, its time, and the time of its entry."""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def is_hidden(name: str) -> bool:
    """Return whether a name is not for people: hidden, or what a Mac adds to an archive."""
    return name.startswith(".") or name == "__MACOSX"


class Walk:
    """Go through a folder and the folders in it, and count what is no sample."""

    def __init__(self, folder: Path) -> None:
        self.folder = os.fspath(folder)
        self.ignored: Counter[str] = Counter()
        self.visited: dict[tuple[int, int], str] = {}

    def __call__(self, start: str) -> Iterator[tuple[str, str]]:
        """Yield the name, relative to the folder, and the facts of each sample below `start`.

        Raises:
            DataError: a link leads to a folder that is read already: a loop, or a second label.
            OSError: a folder cannot be read.
        """
        waiting = [start]
        while waiting:
            below = waiting.pop()
            here = os.path.join(self.folder, below)
            self._visit(here)
            with os.scandir(here) as entries:
                for entry in entries:
                    if is_hidden(entry.name):
                        continue
                    name = f"{below}/{entry.name}" if below else entry.name
                    try:
                        status = entry.stat()
                    except OSError:  # a link to itself or to nowhere: reading it will say so
                        status = None
                    if status and stat.S_ISDIR(status.st_mode):
                        waiting.append(name)
                    elif entry.name.lower().endswith(ENDINGS):
                        yield name, facts_of(status) if status else NO_FACTS
                    else:
                        ending = os.path.splitext(entry.name)[1].lower()
                        self.ignored[ending or "without ending"] += 1

    def _visit(self, here: str) -> None:
        status = os.stat(here)
        place = (status.st_dev, status.st_ino)
        if place in self.visited:
            raise DataError(
                f"{printable(here)} leads to {printable(self.visited[place])}, which is read "
                "already; remove this link."
            )
        self.visited[place] = here

    def notes(self) -> list[str]:
        """Return what was ignored, in at most one sentence."""
        ignored = {kind: count for kind, count in self.ignored.items() if kind != ".csv"}
        if not ignored:
            return []
        kinds = sorted(ignored, key=lambda kind: -ignored[kind])[:5]
        return [
            f"{printable(self.folder)}: {sum(ignored.values()):,} file(s) that are no pictures are "
            f"ignored: {', '.join(f'{printable(kind)} {ignored[kind]:,}' for kind in kinds)}."
        ]
