"""Write a file or a folder whole or not at all; every module may import this, it imports none.

The content goes to a temporary name in the same folder, is synced to the disk and then renamed.
Whoever reads the name sees the old file or the new one, never a part of either.
Two processes that write the same file at once do no harm: the last rename wins.

文件要么完整写成，要么原样不动。所有模块都可以导入本文件，它不导入我们的任何模块。
内容先写到同一文件夹里的临时文件，落盘之后再改名。
读者看到的不是旧文件就是新文件，绝不会是半个文件。
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MANY_FILES = 1000  # from there on, one system-wide sync is quicker than one for each file


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
