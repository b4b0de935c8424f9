"""Two machines on this one: network namespaces joined by a cable, for tests on several machines.

Each has its own network stack with one address; files, processes and everything else are shared.
Making them needs root and iproute2's `ip`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class TwoHosts:
    """Hosts 0 and 1 with an address each; `run` starts a process on one of them."""

    def __init__(self, names, addresses):
        self.names, self.addresses = names, addresses
        self.processes = []

    def run(self, host, words, cwd=None, **environment):
        """Start a command on a host; return the Popen, with text pipes for output and errors."""
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.names[host], *map(str, words)],
            cwd=cwd,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process


@contextmanager
def two_hosts() -> Iterator[TwoHosts]:
    """Make two hosts and remove them; skip the test where that cannot be done."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("two machines: needs Linux and root, to make network namespaces")
    if shutil.which("ip") is None:
        pytest.skip("two machines: needs `ip`, from the package iproute2")
    number = os.getpid()
    names = [f"mnist-{number}-{host}" for host in (0, 1)]
    cables = [f"mnist{host}x{number}"[:15] for host in (0, 1)]
    addresses = ["10.213.77.1", "10.213.77.2"]
    hosts = TwoHosts(names, addresses)
    try:
        try:
            for name in names:
                _ip("netns", "add", name)
            _ip(
                *("link", "add", cables[0], "netns", names[0], "type", "veth"),
                *("peer", "name", cables[1], "netns", names[1]),
            )
            for name, cable, address in zip(names, cables, addresses, strict=True):
                _ip("-n", name, "address", "add", f"{address}/24", "dev", cable)
                _ip("-n", name, "link", "set", cable, "up")
                _ip("-n", name, "link", "set", "lo", "up")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"two machines: network namespaces cannot be made: {error.stderr.strip()}")
        yield hosts
    finally:
        for process in hosts.processes:
            process.terminate()
        for process in hosts.processes:
            try:
                process.communicate(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
        for name in names:
            if Path("/run/netns", name).exists():
                _ip("netns", "delete", name)


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
