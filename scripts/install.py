#!/usr/bin/env python
"""Make the virtual environment and install the package into it, with Paddle for this machine.

scripts/install [--locked] [EXTRA ...]             for example: scripts/install test viz
py scripts\\install.py [--locked] [EXTRA ...]       on Windows

--locked       exactly the versions of constraints.txt, which the tests were last run with
VENV=DIR       where; .venv by default
PYTHON=FILE    which Python; by default the first that Paddle has wheels for

It needs the standard library alone. Any Python from 3.6 on may run it, to find one that fits or to
say that there is none; so no newer grammar here. A second run with nothing new to install ends at
once; after a failure, the next run goes on with the environment that is there.
"""

import configparser
import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = 10  # Python 3.10
PARTS = {"bin", "include", "lib", "lib64", "share", "scripts", "pip.log"}  # of an environment
DISK_FULL = "the disk is full: Paddle and what it needs take about 2 GB; make room"

# What pip's log shows, and the sentence for it; the first that is found counts.
CAUSES = (
    (
        r"No space left on device|Errno 28\b|not enough space on the disk|WinError 112",
        DISK_FULL,
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        "the package index has a certificate that Python does not trust, as a proxy has that reads "
        "along: name its certificate with PIP_CERT=FILE",
    ),
    (
        r"ProxyError|Cannot connect to proxy|407 Proxy",
        "the proxy that HTTPS_PROXY or pip's configuration names does not let pip through: correct "
        "or unset it",
    ),
    (
        r"NewConnectionError|ConnectTimeout|ReadTimeout|Read timed out|NameResolutionError"
        r"|Connection (?:refused|reset|aborted|broken)|Max retries exceeded|Network is unreachable",
        "the package index cannot be reached: connect to the network, or name an index with "
        "PIP_INDEX_URL=URL",
    ),
    (
        r"DO NOT MATCH THE HASHES|is not a zip file|BadZipFile|has an invalid wheel",
        "a package arrived damaged: a proxy may have changed it",
    ),
    (
        r"No matching distribution found for paddlepaddle",
        "the package index has no Paddle for this Python and this machine: see "
        "https://www.paddlepaddle.org.cn/install/quick for those that there are",
    ),
    (
        r"\(from versions: none\)",
        "the package index has no packages: a proxy or a login page may have answered in its "
        "place; log in, or name an index with PIP_INDEX_URL=URL",
    ),
)


class InstallError(Exception):
    """What is wrong and what to do, in one sentence."""


def main(program, words):
    """Run a program with the words of the command line; end with 2 and a sentence if it fails."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a folder may have any name
    os.chdir(str(ROOT))
    try:
        sys.exit(program(words))
    except InstallError as error:
        sentence = str(error)
    except OSError as error:
        sentence = f"{error.filename}: {error.strerror}." if error.filename else f"{error}."
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(2)


def install(words):
    """Make the environment, or mend it, and install the package into it; return 0.

    Raises:
        InstallError: what is missing, or what pip failed of.
    """
    locked = "--locked" in words
    extras = [word for word in words if word != "--locked"]
    check_extras(extras)
    venv = Path(os.environ.get("VENV") or ".venv")
    paddle, newest = ("gpu", 12) if has_gpu() else ("cpu", 13)  # PyPI's GPU wheel ends at 3.12
    wanted = ",".join([paddle, *extras])
    if is_installed(venv, wanted, locked):
        return 0
    make_environment(venv, newest)
    print(f"installing mnist-paddle[{wanted}] into {venv} (Paddle is about 200 MB)", flush=True)
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    options += ["--constraint", "constraints.txt"] * locked
    pip = [python_of(venv), "-m", "pip", "install"]
    run_logged([*pip, *options, "--editable", f".[{wanted}]"], venv)
    for old in venv.glob("installed-*"):  # of another setup.cfg, or of another clone
        if not old.name.endswith(digest()):
            old.unlink()
    (venv / f"installed-{'locked' if locked else 'newest'}-{wanted}-{digest()}").touch()
    return 0


def is_installed(venv, wanted, locked):
    """Return whether an earlier run has left a file which says that all this is there."""
    for stamp in venv.glob(f"installed-*-{digest()}"):
        _, versions, extras, _ = stamp.name.split("-")
        if set(wanted.split(",")) <= set(extras.split(",")) and (
            versions == "locked" or not locked
        ):
            return python_of(venv).exists()
    return False


def check_extras(extras):
    """Refuse an extra that setup.cfg does not have; pip would only warn."""
    config = configparser.ConfigParser()
    config.read("setup.cfg", encoding="utf-8")
    known = sorted(config["options.extras_require"])
    for extra in extras:
        if extra not in known:
            raise InstallError(
                f"{extra} is no extra of mnist-paddle: choose from {', '.join(known)}, "
                "or write --locked for the versions of constraints.txt."
            )


def has_gpu():
    """Return whether NVIDIA's tool lists a GPU."""
    if not shutil.which("nvidia-smi"):
        return False
    code, output = answer_of(["nvidia-smi", "-L"])
    return code == 0 and "GPU" in output


def digest():
    """Return a number of what decides the installation, and of where this clone lies."""
    content = str(ROOT).encode("utf-8", "surrogateescape")
    for name in ("setup.cfg", "pyproject.toml", "constraints.txt"):
        content += Path(name).read_bytes()
    return f"{zlib.crc32(content):08x}"


def python_of(venv):
    """Return where an environment has its Python, whether it is there or not."""
    windows = os.name == "nt"
    return venv / ("Scripts/python.exe" if windows else "bin/python")


def answer_of(command):
    """Return the exit code and the output of a short program; 127 if it cannot be started."""
    words = [str(word) for word in command]
    try:
        finished = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return 127, ""
    return finished.returncode, finished.stdout.decode("utf-8", "replace").strip()


def version_of(python):
    """Return (3, 11, 64), with the bits, of a Python, a list of words; None if it does not run."""
    program = "import struct, sys; print(*sys.version_info[:2], 8 * struct.calcsize('P'))"
    code, output = answer_of([*python, "-c", program])
    if code or not re.match(r"\d+ \d+ \d+$", output):
        return None
    return tuple(int(word) for word in output.split())


def fits(version, newest):
    """Return whether Paddle has wheels for a version of Python."""
    return (3, OLDEST) <= version[:2] <= (3, newest) and version[2] == 64


def make_environment(venv, newest):
    """Leave an environment with a Python that fits and its pip, whatever was there before.

    Raises:
        InstallError: no Python that fits, one without venv or ensurepip, or a folder of others.
    """
    python = python_of(venv)
    found = version_of([python])
    if found and not fits(found, newest):
        raise InstallError(
            f"{venv} has Python {found[0]}.{found[1]} of {found[2]} bits, and Paddle needs "
            f"3.{OLDEST} to 3.{newest} of 64: delete it, or name another place with VENV=DIR."
        )
    if not found:
        command = [*find_python(newest), "-m", "venv", venv]
        remove_broken_environment(venv)
        run_logged(command, venv)
    remove_unfinished_packages(venv)
    if answer_of([python, "-c", "import importlib.metadata as m, pip; m.version('pip')"])[0]:
        run_logged([python, "-m", "ensurepip"], venv)


def remove_broken_environment(venv):
    """Remove an environment whose Python does not run, half-made or made with one that is gone.

    Raises:
        InstallError: the folder holds something else.
    """
    if not venv.exists():
        return
    others = {path.name for path in venv.iterdir() if path.name.lower() not in PARTS}
    if others and not (venv / "pyvenv.cfg").exists():
        raise InstallError(
            f"{venv} holds {min(others)}, so it is no virtual environment: "
            "name another place with VENV=DIR."
        )
    shutil.rmtree(str(venv))


def find_python(newest):
    """Return the first Python that fits, as a list of words: PYTHON alone if it is set.

    Raises:
        InstallError: there is none, or it lacks what makes environments.
    """
    named = os.environ.get("PYTHON")
    if named and not version_of([named]):
        raise InstallError(f"PYTHON={named} is no Python that can be started.")
    numbers = range(newest, OLDEST - 1, -1)
    candidates = [[sys.executable], ["python3"], *([f"python3.{number}"] for number in numbers)]
    if os.name == "nt":
        candidates += [["py", f"-3.{number}"] for number in numbers]
    incomplete, others = "", set()
    for python in [[named]] if named else candidates:
        version = version_of(python)
        if version and not fits(version, newest):
            others.add("{}.{} of {} bits".format(*version))
        elif version and answer_of([*python, "-c", "import venv, ensurepip"])[0]:
            incomplete = incomplete or " ".join(python)
        elif version:
            return python
    if incomplete:
        raise InstallError(
            f"{incomplete} lacks the module venv or ensurepip: install them (on Debian and Ubuntu "
            "apt install python3-venv), or name another Python with PYTHON=FILE."
        )
    raise InstallError(
        f"Paddle has no wheel for the Python found here ({', '.join(sorted(others)) or 'none'}): "
        f"install Python 3.{OLDEST} to 3.{newest} of 64 bits, or name one with PYTHON=FILE."
    )


def remove_unfinished_packages(venv):
    """Remove the metadata of a package where pip was ended midway; pip then installs it anew.

    The list of a package's files is what pip writes last.
    """
    for pattern in ("lib/python*/site-packages/*.dist-info", "Lib/site-packages/*.dist-info"):
        for folder in venv.glob(pattern):
            if not (folder / "RECORD").exists():
                shutil.rmtree(str(folder))


def run_logged(command, venv):
    """Run a program with its output in pip.log of the environment.

    Raises:
        InstallError: it failed; the sentence has the cause, where the log shows it.
    """
    venv.mkdir(parents=True, exist_ok=True)
    log = venv / "pip.log"
    words = [str(word) for word in command]
    with log.open("wb") as file:
        code = subprocess.call(
            words, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
        )
    if code:
        text = log.read_bytes().decode("utf-8", "replace")
        full = shutil.disk_usage(str(venv)).free < 2**20  # the log may have found no room either
        cause = DISK_FULL if full else cause_of(text, code)
        raise InstallError(f"{cause}, and run this again; pip's own words are in {log}.")


def cause_of(text, code):
    """Return what a log shows as the cause of a failure, and what to do."""
    for pattern, sentence in CAUSES:
        if re.search(pattern, text):
            return sentence
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"error: (?!subprocess)", line, re.IGNORECASE)]
    last = (errors or lines or [f"exit code {code}"])[-1]
    return f"pip failed ({last[:200]}): correct that"


if __name__ == "__main__":
    main(install, sys.argv[1:])
