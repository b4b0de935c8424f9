"""The logs of processes: how is one shown while it grows?"""

import codecs
import sys
from pathlib import Path


class LiveLog:
    """Show what a growing file gets, as soon as it is there."""

    def __init__(self, path: Path):
        self.path, self.position = path, size_of(path)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.shown = ""  # the last of it
        self.held = ""  # the beginning of a line that may become an error sentence

    def show(self, last: bool = False) -> None:
        """Print what is new; a line that begins with `error: ` goes to standard error."""
        new = b""
        if self.path.exists():
            with open(self.path, "rb") as file:
                file.seek(self.position)
                new = file.read()
        self.position += len(new)
        text, self.held = self.held + self.decoder.decode(new, final=last), ""
        for line in text.splitlines(keepends=True):
            begins = not self.shown or self.shown.endswith(("\n", "\r"))
            if begins and line.startswith("error: "[: len(line)]):
                if not last and not line.endswith("\n"):
                    self.held = line
                    break
                print(line, end="", file=sys.stderr if line.startswith("error: ") else sys.stdout)
            else:
                print(line, end="")
            self.shown = (self.shown + line)[-10_000:]
        sys.stdout.flush()


def size_of(path: Path) -> int:
    """Return the bytes of a file, 0 if there is none."""
    return path.stat().st_size if path.exists() else 0


def text_of(path: Path, start: int) -> str:
    """Return what stands in a file from byte `start` on, "" if there is none."""
    if not path.exists():
        return ""
    with open(path, "rb") as file:
        file.seek(start)
        return file.read().decode("utf-8", "replace")
