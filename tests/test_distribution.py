"""What is published: sdist and wheel are complete, and their metadata can be shown."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import PurePosixPath

import pytest

from benchmarks.support import ROOT

PACKAGE = [
    *(path.relative_to(ROOT).as_posix() for path in (ROOT / "mnist_paddle").rglob("*.py")),
    "mnist_paddle/py.typed",
    "mnist_paddle/demo/page.html",
    *(path.relative_to(ROOT).as_posix() for path in (ROOT / "mnist_paddle/weights").iterdir()),
]
CONFIGS = [path.name for path in (ROOT / "configs").glob("*.yaml")]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The folder of the sdist, and of the wheel that is built from the sdist alone."""
    folder = tmp_path_factory.mktemp("distributions")
    source, out = folder / "source", folder / "out"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, names)):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    build(source, "sdist", out)
    (sdist,) = out.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    build(folder / sdist.name.removesuffix(".tar.gz"), "wheel", out)
    return out


def build(source, kind, out):
    """Build as pip does, but with the setuptools that is here: nothing is downloaded."""
    out.mkdir(exist_ok=True)
    code = f"import sys; from setuptools import build_meta; build_meta.build_{kind}(sys.argv[1])"
    words = [sys.executable, "-W", "ignore", "-c", code, out]
    finished = subprocess.run(words, cwd=source, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


@pytest.fixture(scope="module")
def wheel(distributions):
    (path,) = distributions.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_modules_configs_page_weights_and_license_alone(wheel):
    ours = {name for name in wheel if ".dist-info/" not in name}
    assert ours == {*PACKAGE, *(f"mnist_paddle/configs/{name}" for name in CONFIGS)}
    about = {PurePosixPath(name).name for name in wheel if ".dist-info/" in name}
    assert {"METADATA", "RECORD", "LICENSE", "entry_points.txt"} <= about


def test_the_sdist_holds_what_a_wheel_is_built_from_alone(distributions):
    (path,) = distributions.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    top = {"CHANGELOG.md", "LICENSE", "MANIFEST.in", "PKG-INFO", "README.md", "constraints.txt"}
    top |= {"pyproject.toml", "setup.cfg"}
    ours = {name for name in names if ".egg-info/" not in name}
    assert ours == {*top, *PACKAGE, *(f"configs/{name}" for name in CONFIGS)}


def test_both_pass_what_the_package_index_asks_for(distributions):
    twine = [sys.executable, "-m", "twine", "--no-color", "check", "--strict"]
    finished = subprocess.run(
        [*twine, *distributions.iterdir()], capture_output=True, text=True, encoding="utf-8"
    )
    assert finished.returncode == 0, finished.stdout
    assert finished.stdout.count("PASSED") == 2


def test_the_metadata_name_the_license_and_carry_the_readme(wheel):
    (name,) = [name for name in wheel if name.endswith(".dist-info/METADATA")]
    metadata = message_from_bytes(wheel[name])
    assert "Apache-2.0" in (metadata["License"], metadata["License-Expression"])
    assert metadata["Description-Content-Type"].startswith("text/markdown")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert metadata.get_payload(decode=True).decode().strip() == readme.strip()
    (name,) = [name for name in wheel if name.endswith("LICENSE")]
    assert re.search(r"Apache License\s+Version 2\.0, January 2004", wheel[name].decode())


def test_the_citation_has_the_version_of_the_package():
    import mnist_paddle

    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {mnist_paddle.__version__}\n" in citation
