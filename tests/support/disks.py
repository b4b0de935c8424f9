"""Small disks, to see what happens when they are full."""

import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def mounted_disk(folder, size):
    """Mount an empty disk of a size such as 600k on a new folder; skip without the right to."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)
