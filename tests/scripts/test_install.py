"""scripts/install and scripts/quickstart: on any system, and one sentence for what can go wrong.

Real processes on a copy of the clone. The package index is a folder of empty packages with the
right names, or a server on this machine.
"""

import ast
import base64
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.support import ROOT
from tests.support.disks import mounted_disk

PROGRAMS = ("install", "quickstart")
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
NAME = "数字 x"  # a space and Chinese letters in the path of the clone


def write_wheel(folder, name, version, files=(), needed=""):
    """Write a wheel with these files, pairs of a name and bytes, and these lines of metadata."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}"
    files = [*files, (f"{info}/METADATA", metadata.encode())]
    files += [(f"{info}/WHEEL", b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")]
    record = ""
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inside, content in files:
            wheel.writestr(inside, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            record += f"{inside},sha256={digest.decode()},{len(content)}\n"
        wheel.writestr(f"{info}/RECORD", record)


NEEDED = 'Requires-Dist: orjson\nRequires-Dist: paddlepaddle; extra == "cpu"\n'
NEEDED += 'Requires-Dist: starlette; extra == "demo"\nProvides-Extra: cpu\nProvides-Extra: demo\n'
BACKEND = """
import shutil

def build_editable(folder, config_settings=None, metadata_directory=None):
    return shutil.copy("mnist_paddle-0-py3-none-any.whl", folder).rpartition("/")[2]
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone whose wheel is there already and needs three packages: it is installed in seconds."""
    folder = tmp_path_factory.mktemp("clone") / NAME
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for name in ("setup.cfg", "constraints.txt"):
        shutil.copy(ROOT / name, folder / name)
    pth = ("mnist_paddle.pth", f"{folder}\n".encode())
    write_wheel(folder, "mnist-paddle", "0", [pth], NEEDED)
    system = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (folder / "pyproject.toml").write_text(system)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "mnist_paddle.py").write_text("")
    return folder


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A folder with the packages that are needed, as constraints.txt has them and newer."""
    folder = tmp_path_factory.mktemp("packages")
    for name in ("orjson", "paddlepaddle", "starlette"):
        for version in (*re.findall(rf"^{name}==([^;\s]+)", CONSTRAINTS, re.MULTILINE), "9999.0"):
            write_wheel(folder, name, version)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An environment with pip and nothing else."""
    folder = tmp_path_factory.mktemp("made") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture
def venv(made, tmp_path):
    return shutil.copytree(made, tmp_path / "venv", symlinks=True)


@pytest.fixture
def run(clone, tmp_path):
    """Run one of the two programs with some variables changed; by default there is no index."""

    def run(*words, program="install", python=sys.executable, **variables):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        environment = {**kept, "VENV": str(tmp_path / "venv"), "PIP_CONFIG_FILE": os.devnull}
        environment |= {
            "PIP_RETRIES": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_NO_COMPILE": "1",
            **variables,
        }
        return subprocess.run(
            [python, clone / "scripts" / f"{program}.py", *words],
            env={name: str(value) for name, value in environment.items() if value is not None},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def sentence_of(finished):
    """Return the one sentence of a program that has refused."""
    assert finished.returncode == 2, finished.stderr
    assert finished.stderr.startswith("error: ")
    assert finished.stderr.endswith(".\n")
    assert finished.stderr.count("\n") == 1
    return finished.stderr


@pytest.fixture
def offline(index):
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": index}


def version_in(venv, name):
    (folder,) = venv.glob(f"lib/python*/site-packages/{name}-*.dist-info")
    return folder.name.split("-")[1].removesuffix(".dist")


def test_it_installs_once_and_the_second_run_is_instant(run, offline, venv):
    first = run(**offline)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("installing mnist-paddle[cpu] into ")
    assert version_in(venv, "paddlepaddle") == "9999.0"
    code = "import mnist_paddle; print(ascii(mnist_paddle.__file__))"
    found = subprocess.run([venv / "bin/python", "-c", code], cwd="/", capture_output=True)
    assert ascii(NAME)[1:-1] in found.stdout.decode()
    second = run()  # nothing is asked of an index
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    other = run("--locked", "demo", **offline)
    assert other.stdout.startswith("installing mnist-paddle[cpu,demo] into ")
    assert f"paddlepaddle=={version_in(venv, 'paddlepaddle')}\n" in CONSTRAINTS
    for words in ((), ("demo",), ("--locked",)):  # all of it is there
        assert run(*words).stdout == ""


def test_a_package_that_was_half_unpacked_is_installed_anew(run, offline, venv):
    assert run(**offline).returncode == 0
    for name in ("orjson", "pip"):
        (folder,) = venv.glob(f"lib/python*/site-packages/{name}-*.dist-info")
        (folder / "RECORD").unlink()
    for stamp in venv.glob("installed-*"):
        stamp.unlink()
    finished = run(**offline)
    assert (finished.returncode, finished.stderr) == (0, "")
    for name in ("orjson", "pip"):
        assert list(venv.glob(f"lib/python*/site-packages/{name}-*.dist-info/RECORD"))


@pytest.mark.large
def test_an_environment_whose_python_is_gone_is_made_anew(run, offline, tmp_path):
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)  # what a process that is killed early leaves behind
    for _ in range(2):
        assert run(**offline).returncode == 0
        for python in (venv / "bin").glob("python*"):
            python.unlink()
            python.symlink_to(tmp_path / "gone")


def test_a_folder_that_is_no_environment_is_left_alone(run, tmp_path):
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "thesis.txt").write_text("mine")
    assert "holds thesis.txt, so it is no virtual environment" in sentence_of(run())
    assert (tmp_path / "venv" / "thesis.txt").read_text() == "mine"


def test_an_extra_that_is_not_there_is_refused(run, tmp_path):
    assert "vizz is no extra of mnist-paddle: choose from cpu, " in sentence_of(run("vizz"))
    assert not (tmp_path / "venv").exists()


def fake_python(folder, name, answer, modules=True):
    """Write a program that answers as a Python of some version does."""
    path = folder / name
    path.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *version_info*) echo {answer};; *ensurepip*) exit {int(not modules)};;\n'
        "*) exit 1;; esac\n"
    )
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("answer", ["3 9 64", "3 14 64", "3 11 32", "2 7 64"])
def test_a_python_without_paddle_is_refused(run, tmp_path, answer):
    sentence = sentence_of(run(PYTHON=fake_python(tmp_path, "python", answer)))
    major, minor, bits = answer.split()
    assert f"no wheel for the Python found here ({major}.{minor} of {bits} bits): " in sentence
    assert "install Python 3.10 to 3.13" in sentence
    assert not (tmp_path / "venv").exists()


def test_a_python_that_is_not_there_is_named(run):
    assert "PYTHON=nope is no Python that can be started" in sentence_of(run(PYTHON="nope"))


def test_a_python_without_venv_or_ensurepip_is_named(run, tmp_path):
    python = fake_python(tmp_path, "python", "3 11 64", modules=False)
    sentence = sentence_of(run(PYTHON=python))
    assert f"{python} lacks the module venv or ensurepip" in sentence
    assert "apt install python3-venv" in sentence


def test_a_gpu_wants_a_python_that_its_paddle_has_a_wheel_for(run, tmp_path):
    gpu = tmp_path / "nvidia-smi"
    gpu.write_text("#!/bin/sh\necho GPU 0: something\n")
    gpu.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    sentence = sentence_of(run(PYTHON=fake_python(tmp_path, "python", "3 13 64"), PATH=path))
    assert "install Python 3.10 to 3.12 of 64 bits" in sentence


@contextlib.contextmanager
def html_server():
    """Answer everything with a login page, as a hotel's network does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            page = b"<!DOCTYPE html><html><body><h1>Welcome</h1>Log in, please.</body></html>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/simple"
    server.shutdown()
    server.server_close()


def test_without_a_network_and_behind_a_login_page_and_then_it_goes_on(run, offline, venv):
    log = venv / "pip.log"
    sentence = sentence_of(run(PIP_INDEX_URL="http://127.0.0.1:9/simple", NO_PROXY="127.0.0.1"))
    assert "the package index cannot be reached" in sentence
    assert sentence.endswith(f"pip's own words are in {log}.\n")
    assert "127.0.0.1" in log.read_text() or "Connection refused" in log.read_text()
    with html_server() as address:
        sentence = sentence_of(run(PIP_INDEX_URL=address, NO_PROXY="127.0.0.1"))
    assert "a proxy or a login page may have answered in its place" in sentence
    assert run(**offline).returncode == 0


def test_an_index_without_paddle_is_told_from_one_without_anything(
    run, offline, index, tmp_path, venv
):
    without = tmp_path / "without"
    shutil.copytree(index, without, ignore=shutil.ignore_patterns("paddlepaddle*"))
    sentence = sentence_of(run(**{**offline, "PIP_FIND_LINKS": without}))
    assert "the package index has no Paddle for this Python and this machine" in sentence


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 3 MB, mounted on a folder: an environment finds no room on it."""
    with mounted_disk(tmp_path / "disk", "3m") as folder:
        yield folder


@pytest.mark.large
def test_on_a_full_disk_it_stops_and_then_goes_on(run, offline, small_disk):
    venv = small_disk / "venv"
    assert "the disk is full" in sentence_of(run(**offline, VENV=venv))
    subprocess.run(["mount", "-o", "remount,size=300m", small_disk], check=True)
    finished = run(**offline, VENV=venv)
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "PIP_CERT=FILE"),
        ("ProxyError('Cannot connect to proxy.', OSError('407'))", "the proxy that HTTPS_PROXY"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "a package arrived damaged"),
        ("WARNING: x\nERROR: Something else\n", "pip failed (ERROR: Something else)"),
        ("", "pip failed (exit code 7)"),
    ],
)
def test_the_cause_is_read_from_the_log(line, sentence):
    program = "import sys, install; print(install.cause_of(sys.argv[1], 7))"
    finished = subprocess.run(
        [sys.executable, "-c", program, line],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
    )
    assert sentence in finished.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_programs_have_the_grammar_of_old_pythons(program):
    text = (ROOT / "scripts" / f"{program}.py").read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 6))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    assert imported - {"install"} <= sys.stdlib_module_names
    assert "__future__" not in imported  # its annotations came with 3.7


@pytest.mark.parametrize("minor", [6, 7, 8, 9])
def test_an_old_python_says_one_sentence(run, minor, tmp_path):
    python = shutil.which(f"python3.{minor}")
    where = "import sys; print(sys.executable)"  # not what another program chooses it by
    found = subprocess.run([python or "false", "-c", where], capture_output=True, text=True)
    if found.returncode:
        pytest.skip(f"no Python 3.{minor} here")
    for program in PROGRAMS:
        sentence = sentence_of(run(python=found.stdout.strip(), program=program, PATH=tmp_path))
        assert f"no wheel for the Python found here (3.{minor} of 64 bits)" in sentence


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_shell_scripts_find_a_python(program, clone, tmp_path):
    """The one that PYTHON names, else python3; without any, one sentence."""
    bash = shutil.which("bash")
    for name, code, output in (("python3", 0, "python3"), ("other", 0, "other"), ("", 2, "")):
        folder = tmp_path / (name or "nothing")
        folder.mkdir()
        if name:
            (folder / name).write_text(f'#!{bash}\n[ "$1" = -c ] || echo {name} "${{1##*/}}" $2\n')
            (folder / name).chmod(0o755)
        variables = {"PATH": str(folder), "PYTHON": "other" if name == "other" else ""}
        finished = subprocess.run(
            [bash, clone / "scripts" / program, "viz"],
            env=variables,
            capture_output=True,
            text=True,
        )
        assert finished.returncode == code
        assert finished.stdout == (f"{output} {program}.py viz\n" if output else "")
        assert name or finished.stderr.startswith("error: no Python is found here: install ")
        assert finished.stderr.count("\n") == (0 if name else 1)


def test_quickstart_installs_and_runs_the_command(run, offline, venv):
    """Python in the environment is one that tells what it was asked to run."""
    assert run(**offline).returncode == 0
    python = venv / "bin" / "python"
    python.unlink()
    python.write_text('#!/bin/sh\necho "$@"\nexit 7\n')
    python.chmod(0o755)
    finished = run(program="quickstart")
    assert (finished.returncode, finished.stdout) == (7, "-m mnist_paddle quickstart\n")
    assert "leave out --epochs 1" in sentence_of(run("--epochs", "1", program="quickstart"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_programs_can_be_started_and_the_shell_scripts_are_the_same(program):
    assert os.access(ROOT / "scripts" / f"{program}.py", os.X_OK)
    assert os.access(ROOT / "scripts" / program, os.X_OK)
    shell = (ROOT / "scripts" / program).read_text(encoding="utf-8")
    assert shell == (ROOT / "scripts" / "install").read_text(encoding="utf-8")
