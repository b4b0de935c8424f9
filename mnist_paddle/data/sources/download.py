"""Stage 1, data: how does MNIST come over the network, whole and genuine?

Mirrors are tried in turn, Paddle's own first; a broken download goes on where it stopped.
What counts is the content: the MD5 of each unpacked file is known, whoever sends it.
A mirror's part is never mixed with another's: they pack the same data differently.

阶段 1，数据：MNIST 怎样完整、可信地从网络上下载？
依次尝试各个镜像，先用飞桨自己的；下载中断后可以接着下载。
要紧的是内容：每个文件解压后的 MD5 是已知的，不管由谁提供。
不同镜像的压缩方式不同，所以绝不会把两个镜像的片段拼在一起。

Source: the MD5 sums are those of the four files of Y. LeCun, C. Cortes and C. Burges, unpacked.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tqdm import tqdm

from ...errors import DataError
from ..formats.gzip_stream import unpack
from ..formats.idx import read_pieces

MIRRORS = (
    "https://dataset.bj.bcebos.com/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
UNPACKED_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
TIMEOUT = 10.0  # seconds without an answer or without a byte
ATTEMPTS = 10  # at one mirror and file, as long as each brings it further
LARGEST = 64 << 20  # bytes, packed or not: the largest file has 47 MB


class DownloadError(DataError):
    """No mirror gave a file."""


class MirrorFault(Exception):
    """One mirror did not give a file; `again` if it is worth asking it once more."""

    def __init__(self, reason: str, again: bool = False) -> None:
        super().__init__(reason)
        self.again = again


def download_mnist(
    folder: str | Path,
    mirrors: Sequence[str] = MIRRORS,
    sums: dict[str, str] = UNPACKED_MD5,
    timeout: float = TIMEOUT,
) -> None:
    """Bring the four IDX files, gzipped, into a folder; those there and right stay untouched.

    Raises:
        DownloadError: no mirror gave a file; it names each one's reason.
        OSError: the folder cannot be written to.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    order = list(mirrors)
    for name, md5 in sums.items():
        target = folder / f"{name}.gz"
        if target.is_file() and not _content_fault(target, md5):
            continue
        reasons = []
        for mirror in order:
            try:
                _bring(mirror, target, md5, timeout)
            except MirrorFault as fault:
                reasons.append(f"{urlsplit(mirror).netloc} {fault}")
            else:
                order = [mirror, *(other for other in order if other != mirror)]
                break
        else:
            raise DownloadError(
                f"no mirror gave {target.name}: {'; '.join(reasons) or 'there are none to ask'}; "
                "put MNIST's four files into a folder and name it in MNIST_DIR."
            )


def _bring(mirror: str, target: Path, md5: str, timeout: float) -> None:
    """Download one file from one mirror, going on with the part that lies there."""
    host = re.sub(r"\W+", "-", mirror.partition("://")[2]).strip("-")
    part = target.with_name(f"{target.name}.{host}.part")
    url = f"{mirror.rstrip('/')}/{target.name}"
    for attempt in itertools.count(1):
        try:
            resumed = _fetch(url, part, timeout)
            if fault := _content_fault(part, md5):
                part.unlink()
                raise MirrorFault(fault, again=resumed)  # the older part may have been the bad one
            part.replace(target)
            return
        except MirrorFault as fault:
            if not fault.again or attempt == ATTEMPTS:
                raise


def _fetch(url: str, part: Path, timeout: float) -> bool:
    """Download into `part`, only what is missing of it; return whether it was continued."""
    start = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "mnist-paddle"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == 416 and start:  # there is nothing after the part: it is not a part
            part.unlink()
            raise MirrorFault("refused to continue the download", again=True) from None
        raise MirrorFault(f"answered {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        raise MirrorFault(f"is out of reach ({getattr(error, 'reason', error)})") from None
    with response:
        content_range = response.headers.get("Content-Range", "")
        resumed: bool = response.status == 206 and content_range.startswith(f"bytes {start}-")
        start = start if resumed else 0
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else None
        with (
            part.open("ab" if resumed else "wb") as file,
            tqdm(
                desc=url.rpartition("/")[2],
                total=total,
                initial=start,
                unit="B",
                unit_scale=True,
                disable=None,
            ) as bar,
        ):
            size = start
            for block in _blocks(response, start):
                size += file.write(block)
                bar.update(len(block))
    if total is not None and size < total:
        raise MirrorFault(f"stopped after {size:,} of {total:,} bytes", again=size > start)
    return resumed


def _blocks(response: http.client.HTTPResponse, start: int) -> Iterator[bytes]:
    """Yield what a mirror sends, apart from writing it: a full disk is not the mirror's fault."""
    size = start
    while True:
        try:
            block = response.read(1 << 16)
        except (OSError, http.client.HTTPException) as error:
            raise MirrorFault(f"broke off ({error})", again=size > start) from None
        if not block:
            return
        size += len(block)
        if size > LARGEST:
            raise MirrorFault(f"sent more than {LARGEST:,} bytes")
        yield block


def _content_fault(path: Path, md5: str) -> str:
    """Return why a file is not the one with that MD5 when unpacked, "" if it is."""
    try:
        content = read_pieces(unpack(path), LARGEST)
    except DataError:
        return "sent damaged gzip data"
    if hashlib.md5(content, usedforsecurity=False).hexdigest() == md5:
        return ""
    with path.open("rb") as file:
        if file.read(2) == b"\x1f\x8b":
            return "sent other content than MNIST's"
    if content.lstrip()[:1] == b"<":
        return "answered with an HTML page, not a gzip file"
    return "sent something that is no gzip file"
