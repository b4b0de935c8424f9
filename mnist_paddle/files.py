"""Files: written whole or not at all, read within bounds, and named in sentences.

Every module may import this one; of ours it imports errors.py alone. What is written goes to a
temporary name in the same folder, is synced to the disk and then renamed: whoever reads the name
sees the old file or the new one, never a part of either. A file of a stranger is opened only if it
is a regular one, and no more of it is read than it may have. Its name may hold anything, and is
shown in characters that can be printed.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import InputError

MANY_FILES = 1000  # from there on, one system-wide sync is quicker than one for each file


def printable(text: str, longest: int | None = None) -> str:
    """Return a stranger's text on one line, in characters that can be printed and written as UTF-8.

    Chinese and other letters stay as they are; line ends, bytes that are not UTF-8 and codes that
    change a terminal become escapes. Of more than `longest` characters the end is left out.
    """
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return shown if longest is None or len(shown) <= longest else shown[: longest - 3] + "..."


def open_regular(path: str | os.PathLike[str], error: type[InputError]) -> BinaryIO:
    """Open a file for reading, unbuffered; a pipe, a device or a folder is refused, not waited for.

    Raises:
        error: it is no regular file, there is none, or it cannot be opened.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as problem:  # ValueError: a name with a 0 in it
        missing = isinstance(problem, FileNotFoundError)
        reason = "no such file" if missing else getattr(problem, "strerror", None) or problem
        raise error(f"{printable(os.fspath(path))}: {reason}.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise error(f"{printable(os.fspath(path))}: is not a regular file.")
    return open(descriptor, "rb", buffering=0)


def read_bounded(path: str | os.PathLike[str], most: int, error: type[InputError]) -> bytes:
    """Return the content of a regular file of at most `most` bytes.

    Raises:
        error: as open_regular; or it is larger, cannot be read, or does not fit into memory.
    """
    name = printable(os.fspath(path))
    with open_regular(path, error) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                raise error(
                    f"{name} is too large: it has {size:,} bytes, expected at most {most:,}."
                )
            parts = []
            while part := file.read(min(size + 1, 1 << 30)):  # a raw file may give less at once
                parts.append(part)
                if sum(map(len, parts)) > most:
                    raise error(f"{name} is too large: expected at most {most:,} bytes.")
            return parts[0] if len(parts) == 1 else b"".join(parts)
        except OSError as problem:
            raise error(f"{name} cannot be read: {problem.strerror or problem}.") from None
        except MemoryError:
            raise error(f"{name} does not fit into memory: {size:,} bytes.") from None


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; put it in place of `path` when the block succeeds.

    Missing folders are made. If the block raises, the temporary file is removed and `path` stays
    as it was.

    Raises:
        OSError: the folder cannot be made or written to, or the disk is full.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(
        prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent
    )
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes private files; ours are for everybody
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path`; put it in place of `path` when the block succeeds.

    Missing folders around it are made. If the block raises, the temporary folder is removed and
    `path` stays as it was. A folder that is there goes, with all that is in it.

    Raises:
        OSError: the folder cannot be made or written to, or the disk is full.
    """
    path = Path(path).resolve()  # a link stays, what it points to is replaced
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    older = Path(f"{temporary}.old")
    try:
        yield temporary
        _sync_all(temporary)
        temporary.chmod(0o777 & ~_umask())
        if path.exists():  # two renames: a folder that holds something cannot be renamed onto
            path.rename(older)
        try:
            temporary.rename(path)
        except OSError:
            if older.exists():
                older.rename(path)
            raise
        _sync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(older, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_all(folder: Path) -> None:
    """Bring every file to the disk: one by one, or all at once where that would take minutes."""
    files = list(folder.rglob("*"))
    if len(files) > MANY_FILES and hasattr(os, "sync"):
        os.sync()
    else:
        for file in files:
            _sync(file)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows cannot open a folder
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
