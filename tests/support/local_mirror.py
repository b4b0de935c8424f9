"""A mirror on this machine, for the tests that download."""

import gzip
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.data_files import NAMES, idx_files

FILES, _ = idx_files()
SUMS = {name: hashlib.md5(content).hexdigest() for name, content in FILES.items()}


class Mirror:
    """A web server on this machine that does as it is set, and notes what it was asked."""

    def __init__(self, files):
        self.files = {f"/mnist/{name}.gz": gzip.compress(data, 1) for name, data in files.items()}
        self.asked = []  # (path, Range header)
        self.cut_after = None  # bytes of each answer before the connection breaks
        self.honours_range = True
        self.status = 200
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.answer(self)

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"http://{self.host}/mnist/"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, request):
        wanted = request.headers.get("Range")
        self.asked.append((Path(request.path).name, wanted))
        if self.status != 200:
            request.send_error(self.status)
            return
        data = self.files[request.path]
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted else 0
        if not self.honours_range:
            start = 0
        if start >= len(data):
            request.send_error(416)
            return
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        request.send_header("Content-Length", str(len(data) - start))
        request.end_headers()
        request.wfile.write(data[start:][: self.cut_after])


@contextmanager
def running_mirror(files) -> Iterator[Mirror]:
    mirror = Mirror(files)
    try:
        yield mirror
    finally:
        mirror.server.shutdown()
        mirror.server.server_close()


def dead_mirror():
    """Return the address of a mirror where nobody listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    return f"http://127.0.0.1:{server.server_address[1]}/mnist/"


def assert_complete(folder):
    assert sorted(file.name for file in folder.iterdir()) == sorted(f"{name}.gz" for name in NAMES)
    for name in NAMES:
        assert gzip.decompress((folder / f"{name}.gz").read_bytes()) == FILES[name]
