"""`python -m mnist_paddle.fluid SCRIPT.py`: as `python SCRIPT.py` did, whatever the script is."""

import os
import subprocess
import sys

import paddle
import pytest

from benchmarks.support import ROOT
from mnist_paddle.fluid.runner import imports_fluid


@pytest.fixture
def run(tmp_path, script_server):
    """Write a script into a folder of its own and run it from another, as a user would.

    It is forked from a server that has Paddle loaded, unless it shall really be `started`.
    """

    def run(source, *words, options=(), started=False, **variables):
        folder = tmp_path / "scripts of 2020"
        folder.mkdir(exist_ok=True)
        script = folder / "old.py"
        script.write_bytes(source if isinstance(source, bytes) else source.encode())
        words = ("-m", "mnist_paddle.fluid", *options, script, *words)
        if not started:
            return script_server.run(*words, cwd=tmp_path, **variables)
        return subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env={**script_server.variables, **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )

    run.folder = tmp_path / "scripts of 2020"
    return run


@pytest.mark.parametrize("started", [True, False])
def test_a_script_sees_its_arguments_folder_and_main(run, tmp_path, started):
    run.folder.mkdir()
    (run.folder / "neighbour.py").write_text("WORD = 'from the neighbour'")
    source = """
import os, sys, pickle
import paddle.fluid as fluid
import neighbour
import __main__
class Thing: pass
if __name__ == '__main__':
    print(sys.argv[3:], os.path.basename(sys.argv[0]), os.path.basename(__file__))
    print(os.path.basename(sys.path[0]), neighbour.WORD, os.getcwd() == sys.argv[2])
    print(__main__.Thing is Thing, type(pickle.loads(pickle.dumps(Thing()))) is Thing)
    print([name for name in ('runner', 'names', 'layers') if name in sys.modules])
"""
    finished = run(source, "--lr=0.1", tmp_path, "--cpu", "a b", started=started)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines() == [
        "['--cpu', 'a b'] old.py old.py",
        "scripts of 2020 from the neighbour True",
        "True True",
        "[]",
    ]


@pytest.mark.parametrize(
    ("last", "code", "error"),
    [("sys.exit(7)", 7, ""), ("exit('no data')", 1, "no data\n")],
)
def test_the_exit_code_is_the_scripts(run, last, code, error):
    finished = run(f"import sys\nimport paddle.fluid\n{last}\n")
    assert finished.returncode == code
    assert finished.stderr.endswith(error)


def test_a_traceback_begins_with_the_scripts_own_line(run):
    finished = run(
        "import paddle.fluid\n\n\ndef train():\n    raise KeyError('no such digit')\ntrain()"
    )
    assert finished.returncode == 1
    lines = finished.stderr.strip().splitlines()
    first = lines.index("Traceback (most recent call last):")
    assert lines[first + 1].endswith('old.py", line 6, in <module>')
    assert lines[-1] == "KeyError: 'no such digit'"
    assert "mnist_paddle" not in "".join(lines[first:])
    finished = run("import paddle.fluid\nprint 'Python 2'\n")
    assert "SyntaxError" in finished.stderr
    assert "mnist_paddle" not in finished.stderr


@pytest.mark.parametrize(
    "source",
    [
        "# -*- coding: gbk -*-\nimport paddle.fluid\nprint('训练完成')\n".encode("gbk"),
        "\ufeff# 训练\nimport paddle.fluid\nprint('训练完成')\n".encode(),
        "import paddle.fluid\r\nif True:\r\n\tprint('训练完成')\r\n".encode(),
    ],
    ids=["gbk", "bom", "tabs and crlf"],
)
def test_a_script_is_read_in_its_own_encoding(run, source):
    finished = run(source)
    assert finished.stdout == "训练完成\n", finished.stderr


PLACE = """
import paddle.fluid as fluid
with fluid.dygraph.guard(fluid.CUDAPlace(0)):
    print('ran')
"""


@pytest.mark.skipif(paddle.is_compiled_with_cuda(), reason="this is about machines without a GPU")
def test_a_gpu_script_needs_the_flag_where_there_is_no_gpu(run):
    finished = run(PLACE)
    assert finished.returncode == 2
    assert finished.stderr.splitlines()[-1].startswith("error: fluid.CUDAPlace(0) needs a GPU ")
    assert "--cpu" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert run(PLACE, options=["--cpu"]).stdout == "ran\n"
    assert run(PLACE, MNIST_PADDLE_CPU="1").stdout == "ran\n"


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["none.py"], 2, "error: none.py: no such script."),
        (["--gpu", "none.py"], 2, "error: unknown option --gpu before the script"),
        ([], 2, "usage: python -m mnist_paddle.fluid"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_one_sentence(words, code, part):
    finished = subprocess.run(
        [sys.executable, "-m", "mnist_paddle.fluid", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == code
    assert part in finished.stderr
    assert "Traceback" not in finished.stderr


def test_figures_are_saved_where_there_is_no_screen(run, tmp_path):
    source = """
import paddle.fluid
import matplotlib.pyplot as plt
for n in (1, 2):
    plt.plot([1, 2, n])
    plt.show()
plt.figure(); plt.figure(); plt.show()
"""
    environment = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    finished = run(source, **environment)
    if sys.platform != "linux" or "MPLBACKEND" in os.environ:
        pytest.skip("there is a screen here, or a backend is chosen")
    assert finished.returncode == 0, finished.stderr
    names = [f"old_figure_{number}.png" for number in (1, 2, 3, 4)]
    assert sorted(path.name for path in tmp_path.glob("*.png")) == names
    assert [line.rpartition("/")[2] for line in finished.stdout.splitlines()] == names


@pytest.mark.parametrize(
    ("source", "old"),
    [
        ("import paddle.fluid as fluid", True),
        ("from paddle import fluid", True),
        ("def f():\n    from paddle.fluid.dygraph.nn import Linear", True),
        ("import numpy, paddle.fluid.layers", True),
        ("print 'Python 2'\nfrom paddle.fluid import layers", True),
        ("print 'Python 2'\nfrom paddle import batch, fluid", True),
        ("import paddle\nprint('paddle.fluid')  # import paddle.fluid", False),
        ("from paddle.fluids import x", False),
        ("import paddle", False),
        ("", False),
    ],
)
def test_an_old_script_is_known_by_its_import(source, old, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(source)
    assert imports_fluid(script) == old
