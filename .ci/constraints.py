"""Write constraints.txt: the versions that the tests ran with, for scripts/install --locked.

.venv/bin/python .ci/constraints.py [OTHER_PYTHON ...] > constraints.txt

Each OTHER_PYTHON is that of an environment made by `scripts/install test viz onnx demo docs` with
another version of Python. Its version of a package is taken, for that Python, only where pip finds
no wheel of ours for it.
"""

import importlib.metadata
import json
import subprocess
import sys

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

EXTRAS = {"cpu", "test", "viz", "onnx", "demo", "docs"}


def installed():
    """Return the version of each package that ours needs here, with its EXTRAS."""
    found, waiting = {}, [("mnist-paddle", EXTRAS)]
    while waiting:
        name, extras = waiting.pop()
        distribution = importlib.metadata.distribution(name)
        for line in distribution.requires or ():
            needed = Requirement(line)
            wanted = [{"extra": extra} for extra in ("", *sorted(extras))]
            if needed.marker and not any(map(needed.marker.evaluate, wanted)):
                continue
            key = canonicalize_name(needed.name)
            if key not in found or needed.extras:
                found[key] = importlib.metadata.version(key)
                waiting.append((key, needed.extras))
    for name in ("setuptools", "wheel", "pip"):  # they come with Python, or build alone
        found.pop(name, None)
    return found


def has_wheel(name, version, python):
    """Return whether the version that is installed here can be for a Python such as 3.10."""
    needed = importlib.metadata.metadata(name)["Requires-Python"]
    if needed and not SpecifierSet(needed).contains(python):
        return False
    options = ["--dry-run", "--quiet", "--no-deps", "--ignore-installed", "--target", "nowhere"]
    options += ["--only-binary", ":all:", "--python-version", python]
    command = [sys.executable, "-m", "pip", "install", *options, f"{name}=={version}"]
    return subprocess.run(command, capture_output=True).returncode == 0


def main(pythons):
    """Print the constraints."""
    ours = ".".join(map(str, sys.version_info[:2]))
    lines = {name: {ours: version} for name, version in installed().items()}
    for path in pythons:
        answer = subprocess.run([path, __file__, "--list"], capture_output=True, check=True)
        python, theirs = json.loads(answer.stdout)
        for name, version in theirs.items():
            mine = lines.setdefault(name, {}).get(ours)
            if mine != version and not (mine and has_wheel(name, mine, python)):
                lines[name][python] = version
    print("# The versions that the tests ran with, for scripts/install --locked.")
    print("# Written by .ci/constraints.py, which says how; do not edit by hand.")
    for name in sorted(lines):
        for python, version in sorted(lines[name].items()):
            print(f"{name}=={version}{marker(python, ours, lines[name])}")


def marker(python, ours, versions):
    """Return for which Pythons one version of a package is, if there are others."""

    def number(text):
        return [int(part) for part in text.split(".")]

    below = [other for other in versions if number(other) < number(ours)]
    above = [other for other in versions if number(other) > number(ours)]
    bounds = []
    if number(python) < number(ours):
        bounds = [f'python_version == "{python}"']
    elif number(python) > number(ours):
        bounds = [f'python_version >= "{python}"']
    else:
        bounds += [f'python_version >= "{ours}"'] if below else []
        bounds += [f'python_version < "{min(above, key=number)}"'] if above else []
    return f"; {' and '.join(bounds)}" if bounds else ""


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(json.dumps([".".join(map(str, sys.version_info[:2])), installed()]))
    else:
        main(sys.argv[1:])
