"""The demo as a real process, and strokes to draw on its pad."""

import json
import math
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.support import ROOT

MODEL = ROOT / "mnist_paddle" / "weights" / "digits.safetensors"  # the shipped model


class Demo:
    """A running demo: its address, its process, and a way to send it something."""

    def __init__(self, process, address, errors):
        self.process, self.address, self.errors = process, address, errors
        self.port = int(address.rpartition(":")[2])

    def connection(self):
        return HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method="POST", path="/read", body=None, **headers):
        """Return the status, the headers and the body of an answer, JSON already parsed."""
        connection = self.connection()
        try:
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        kind = answer.headers.get_content_type()
        return answer.status, answer.headers, json.loads(content) if "json" in kind else content

    def read(self, picture, kind="image/png"):
        """Send a picture file's bytes; return the status and the answer."""
        status, _, answer = self.ask(body=picture, Content_Type=kind)
        return status, answer

    def memory(self):
        """Return the bytes of memory that the process holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) << 10


@contextmanager
def running_demo(folder, *words, **variables):
    """Run the command in `folder` until the block ends; it must end cleanly and say nothing."""
    errors = Path(folder) / "demo_errors"
    with open(errors, "w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "mnist_paddle", "demo", "--port", "0", *map(str, words)],
            cwd=folder,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        )
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://"), errors.read_text()
        yield Demo(process, address, errors)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert errors.read_text() == ""
    finally:
        process.kill()
        process.communicate()


def arc(x, y, width, height, start, end, points=24):
    """Return points of an ellipse's arc, degrees clockwise from the right."""
    angles = [math.radians(start + (end - start) * i / points) for i in range(points + 1)]
    return [(x + width * math.cos(angle), y + height * math.sin(angle)) for angle in angles]


# How a hand writes each digit, in parts of the pad; a list for each stroke.
STROKES = {
    0: [arc(0.5, 0.5, 0.19, 0.29, -75, 292)],
    1: [[(0.43, 0.29), (0.53, 0.19), (0.52, 0.5), (0.5, 0.81)]],
    2: [
        [*arc(0.5, 0.36, 0.19, 0.16, -170, 25), (0.5, 0.62), (0.31, 0.79), (0.5, 0.78), (0.72, 0.8)]
    ],
    3: [[*arc(0.48, 0.34, 0.17, 0.15, -150, 80), *arc(0.48, 0.64, 0.2, 0.16, -80, 150)]],
    4: [
        [(0.42, 0.2), (0.37, 0.4), (0.3, 0.56), (0.5, 0.55), (0.73, 0.53)],
        [(0.61, 0.3), (0.59, 0.55), (0.57, 0.83)],
    ],
    5: [
        [(0.36, 0.23), (0.35, 0.45), *arc(0.47, 0.61, 0.19, 0.18, -125, 142)],
        [(0.36, 0.23), (0.5, 0.21), (0.67, 0.2)],
    ],
    6: [[(0.62, 0.19), (0.46, 0.33), (0.36, 0.52), *arc(0.5, 0.65, 0.15, 0.15, 180, -190)]],
    7: [[(0.3, 0.24), (0.5, 0.22), (0.7, 0.22), (0.61, 0.42), (0.51, 0.62), (0.44, 0.82)]],
    8: [
        [
            *arc(0.5, 0.34, 0.14, 0.13, -60, -280),
            *arc(0.5, 0.65, 0.17, 0.17, -70, 245),
            (0.58, 0.43),
            (0.62, 0.3),
            (0.58, 0.24),
        ]
    ],
    9: [[*arc(0.5, 0.36, 0.16, 0.15, -30, -370), (0.65, 0.45), (0.63, 0.62), (0.58, 0.82)]],
}
