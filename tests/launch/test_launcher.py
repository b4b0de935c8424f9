"""The launcher with real processes: who failed, which exit code, and that none stays behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import paddle
import pytest

from benchmarks.support import ROOT
from mnist_paddle.commands import main
from mnist_paddle.commands.launch import complete
from mnist_paddle.errors import DeviceError
from mnist_paddle.launch import options as launcher
from mnist_paddle.launch.options import Launch
from tests.support.tiers import small

WORKER = ROOT / "mnist_paddle" / "launch" / "worker.py"
LOCAL_RANK = 'rank = int(os.environ["PADDLE_LOCAL_RANK"])\n'
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class Folder:
    """A folder with a script in it, and the launches of that script."""

    def __init__(self, path):
        self.path, self.script = path, path / "script.py"

    def start(self, code, *arguments, options=("--nproc_per_node", "2"), words=None, **environment):
        """Start two processes of a script."""
        header = "import os, sys, time, signal\nfrom pathlib import Path\n" + LOCAL_RANK
        self.script.write_text(header + textwrap.dedent(code))
        words = [self.script, *arguments] if words is None else words
        launch = [sys.executable, ROOT / "scripts" / "launch.py", "--log_dir", self.path / "log"]
        return subprocess.Popen(
            [*launch, *options, *words],
            cwd=self.path,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, process, seconds=60):
        """Wait for a launch; return exit code, standard output and standard error."""
        try:
            output, errors = process.communicate(timeout=seconds)
        finally:
            process.kill()
        assert self.running() == []
        return process.returncode, output, errors

    def run(self, *words, **options):
        return self.end(self.start(*words, **options))

    def wait_for(self, process, *names):
        """Wait until the processes have made these files."""
        end = time.monotonic() + 30
        while not all((self.path / name).exists() for name in names):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.02)

    def running(self):
        """Name the processes that have this folder in their command line."""
        found = []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = file.read_bytes()
            except OSError:  # it has ended
                continue
            if os.fsencode(self.path) in words:
                found.append(words.replace(b"\0", b" "))
        return found


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture
def alone(tmp_path):
    """Run a script in one process as Paddle's launcher would start it, or as `python SCRIPT`."""

    def run(code, *arguments, worker=True, size="2", given="2", words=None):
        script = tmp_path / "some folder" / "script.py"
        script.parent.mkdir(exist_ok=True)
        script.write_text(textwrap.dedent(code))
        records = tmp_path / "records"
        records.mkdir(exist_ok=True)
        variables = {
            "PADDLE_LOCAL_RANK": "1",
            "PADDLE_TRAINER_ID": "5",
            "PADDLE_TRAINERS_NUM": given,
        }
        program = [WORKER, records, size] if worker else []
        finished = subprocess.run(
            [sys.executable, *program, *(words or [script]), *arguments],
            cwd=tmp_path,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
        )
        end = records / "1.end"
        return finished, json.loads(end.read_text()) if end.exists() else None

    return run


def test_a_script_sees_what_python_alone_shows_it(alone):
    code = """
        from __future__ import annotations
        import sys, __main__
        class Thing: pass
        assert __main__.Thing is Thing
        names = "__name__ __file__ __spec__ __doc__ __cached__".split()
        print(sys.argv, sys.path, [globals().get(name) for name in names])
    """
    words = ["--help", "--", "", "a b", "x\ny", "--log_dir", "é"]
    as_rank, _ = alone(code, *words)
    as_script, _ = alone(code, *words, worker=False)
    assert as_script.returncode == as_rank.returncode == 0, as_rank.stderr
    assert as_rank.stdout == as_script.stdout
    assert repr(words)[1:-1] in as_rank.stdout


def test_a_module_sees_what_python_alone_shows_it(alone):
    code = "import sys; print(sys.argv[1:], sys.path[0], __name__, __package__)"
    words = ["-m", "neighbour.inside"]
    alone("")  # makes the folder
    folder = Path(alone("import os; print(os.getcwd())")[0].stdout.strip()) / "neighbour"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "inside.py").write_text(code)
    as_rank, end = alone("", "a b", "--x", words=words)
    as_module, _ = alone("", "a b", "--x", words=words, worker=False)
    assert as_rank.stdout == as_module.stdout
    assert as_rank.stdout.startswith("['a b', '--x'] ")
    assert end["code"] == as_module.returncode == 0


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("def f():\n    raise ValueError('3 €')\nf()", 1),
        ("try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise KeyError('k')", 1),
        ("def f(:\n    pass", 1),
        ("import sys; sys.exit('no disk')", 1),
        ("import sys; sys.exit(7)", 7),
        ("import sys; sys.exit(-1)", 255),
        ("import sys; sys.exit()", 0),
        ("", 0),
    ],
)
def test_a_script_ends_as_with_python_alone_and_that_is_recorded(alone, code, exit_code):
    as_rank, end = alone(code)
    as_script, _ = alone(code, worker=False)
    assert as_rank.stderr == as_script.stderr
    assert as_rank.returncode == as_script.returncode == exit_code
    assert end["code"] == exit_code
    assert end["error"].splitlines()[-1:] == as_script.stderr.splitlines()[-1:]


def test_another_number_of_processes_than_asked_for_is_an_error(alone):
    finished, end = alone("print('trained')", size="4", given="1")
    assert finished.returncode == end["code"] == 1
    assert finished.stdout == ""
    assert finished.stderr.startswith("error: 4 processes were asked for, and Paddle's launcher")


def test_no_module_of_ours_hides_one_of_python():
    """worker.py is started from this folder; what it imports must not be found there."""
    ours = {path.stem for path in WORKER.parent.iterdir()}
    assert not ours & sys.stdlib_module_names


@needs_linux
def test_two_processes_meet_and_get_their_arguments(folder):
    code = """
        import paddle
        import paddle.distributed as dist
        dist.init_parallel_env()
        tensor = paddle.to_tensor([10.0 ** dist.get_rank()])
        dist.all_reduce(tensor)
        print("sum", tensor.item(), "of", dist.get_world_size(), sys.argv[1:])
    """
    (folder.path / "log").mkdir()
    (folder.path / "log" / "workerlog.0").write_text("an earlier run\n")
    words = ["--gpus", "3", "--help", "--", "a b"]
    code, output, errors = folder.run(code, *words)
    assert (code, errors) == (0, "")
    assert f"sum 11.0 of 2 {words}\n" in output
    assert output.count("sum") == 1  # rank 1's is in its log
    assert "an earlier run" not in output
    assert f"sum 11.0 of 2 {words}\n" in (folder.path / "log" / "workerlog.1").read_text()


@pytest.mark.large
@needs_linux
def test_the_error_is_that_of_the_rank_that_failed_first(folder):
    code = """
        import paddle
        import paddle.distributed as dist
        dist.init_parallel_env()
        tensor = paddle.to_tensor([1.0])
        dist.all_reduce(tensor)
        if rank == 1:
            raise ValueError("five is not four")
        dist.all_reduce(tensor)
    """
    code, _, errors = folder.run(code)
    assert code == 1
    lines = errors.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert str(folder.script) in lines[1]
    assert lines[-2] == "ValueError: five is not four"
    assert lines[-1].startswith("error: rank 1 ended with exit code 1; its log: ")
    assert lines[-1].endswith("workerlog.1.")
    assert "gloo" not in errors


@needs_linux
def test_a_killed_rank_ends_all_promptly(folder):
    code = """
        import paddle
        import paddle.distributed as dist
        dist.init_parallel_env()
        tensor = paddle.to_tensor([1.0])
        dist.all_reduce(tensor)
        if rank == 1:
            Path("part").write_text(str(os.getpid()))
            Path("part").rename("process")
            time.sleep(100)
        dist.all_reduce(tensor)
    """
    process = folder.start(code)
    folder.wait_for(process, "process")
    os.kill(int((folder.path / "process").read_text()), signal.SIGKILL)
    code, _, errors = folder.end(process, 30)
    assert code == 128 + signal.SIGKILL
    assert errors.startswith("error: rank 1 was killed by SIGKILL; its log: ")
    assert errors.count("\n") == 1


@needs_linux
@pytest.mark.parametrize("rank", small(1, 0))
def test_the_exit_code_is_that_of_the_rank(folder, rank):
    """Rank 0 by sys.exit, rank 1 without a word; the other one would go on."""
    code = f"""
        if rank == {rank}:
            sys.exit(7) if rank == 0 else os._exit(9)
        time.sleep(100)
    """
    code, _, errors = folder.run(code)
    assert code == (7, 9)[rank]
    assert f"error: rank {rank} ended with exit code {code}; its log: " in errors


@needs_linux
def test_a_user_error_in_every_rank_is_one_sentence(folder):
    words = ["train", "--model", "cnn", "--no_such_option"]
    code, output, errors = folder.run("", words=words)
    assert (code, output) == (2, "")
    assert errors.startswith("error: Unknown option: --no_such_option")
    assert errors.count("\n") == 1


@needs_linux
@pytest.mark.parametrize("number", small(signal.SIGINT, signal.SIGTERM))
def test_a_stopped_launch_lets_the_ranks_save(folder, number):
    code = """
        def save(*_):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(0.5)
            Path(f"saved.{rank}").touch()
            print("saved", rank)
            sys.exit(143)
        signal.signal(signal.SIGTERM, save)
        Path(f"ready.{rank}").touch()
        time.sleep(100)
    """
    process = folder.start(code)
    folder.wait_for(process, "ready.0", "ready.1")
    process.send_signal(number)
    code, output, errors = folder.end(process)
    assert (code, errors) == (128 + number, "")
    assert output == "saved 0\n"
    assert (folder.path / "saved.1").exists()


@needs_linux
def test_a_second_interrupt_ends_at_once(folder):
    code = """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        Path(f"ready.{rank}").touch()
        time.sleep(100)
    """
    process = folder.start(code)
    folder.wait_for(process, "ready.0", "ready.1")
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    code, _, _ = folder.end(process, 10)  # Paddle alone takes 30
    assert code == 130


@needs_linux
def test_nothing_outlives_a_killed_launcher(folder):
    process = folder.start("Path(f'ready.{rank}').touch()\ntime.sleep(100)")
    folder.wait_for(process, "ready.0", "ready.1")
    process.kill()
    process.communicate()
    end = time.monotonic() + 20
    while folder.running():
        assert time.monotonic() < end
        time.sleep(0.1)


@needs_linux
def test_without_paddles_launcher_nothing_goes_on(folder):
    process = folder.start("Path(f'ready.{rank}').touch()\ntime.sleep(100)")
    folder.wait_for(process, "ready.0", "ready.1")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    os.kill(int(children), signal.SIGKILL)
    code, _, errors = folder.end(process, 30)
    assert code not in (0, 2)
    assert errors.splitlines()[-1].startswith("error: ")


@pytest.mark.large
@needs_linux
def test_a_rank_that_does_not_come_up_is_an_error(folder):
    stuck = "import os, time\nif os.environ.get('PADDLE_LOCAL_RANK') == '1':\n    time.sleep(100)"
    (folder.path / "sitecustomize.py").write_text(stuck)
    options = ["--nproc_per_node", "2", "--start_timeout", "6"]
    code, _, errors = folder.run("time.sleep(100)", options=options, PYTHONPATH=str(folder.path))
    assert code == 1
    # on a busy machine not even the other one
    assert re.search("error: [01] of 2 processes came up within 6 seconds; its log: ", errors)


@needs_linux
def test_a_failed_launch_is_started_again_as_often_as_allowed(folder):
    code = """
        if rank == 1:
            with open("tries", "a") as tries:
                tries.write("x")
            sys.exit(3 if len(Path("tries").read_text()) < 2 else 0)
    """
    options = ["--nproc_per_node=2", "--max-restart=2"]
    code, _, errors = folder.run(code, options=options)
    assert code == 0
    assert (folder.path / "tries").read_text() == "xx"
    assert "error: rank 1 ended with exit code 3" in errors
    assert "\nstarting again, 1 of at most 2 times\n" in errors


@needs_linux
def test_what_rank_0_prints_is_shown_at_once(folder):
    """A progress bar too, which has no end of line, and characters of several bytes."""
    code = """
        if rank == 0:
            for step in range(3):
                sys.stdout.buffer.write("\\r进度 ".encode() + b"%d" % step)
                sys.stdout.buffer.flush()
                while not Path(f"seen.{step}").exists():
                    time.sleep(0.01)
            print("\\nerror: none", "\\nerrands")
    """
    process = folder.start(code, options=["--nproc_per_node", "2"])
    text = b""
    for step in range(3):
        while f"\r进度 {step}".encode() not in text:
            new = os.read(process.stdout.fileno(), 100)
            assert new
            text += new
        (folder.path / f"seen.{step}").touch()
    code, output, errors = folder.end(process)
    assert (code, errors) == (0, "error: none \n")
    assert output == "\nerrands\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "write --gpus 0,1 for GPUs, or --nproc_per_node 2"),
        ("a.py", "write --gpus 0,1 for GPUs, or --nproc_per_node 2"),
        ("--nproc_per_node 2", "name the script to run"),
        ("--nproc_per_node 2 none.py", "none.py: no such script"),
        ("--nproc_per_node 2 trian", "neither a Python script (.py) nor one of our commands: "),
        ("--nproc_per_node 2 launch", "neither a Python script (.py) nor one of our commands: "),
        ("--nproc_per_node 0 a.py", "--nproc_per_node must be at least 1, not 0"),
        ("--nproc_per_node 1.5 a.py", "whole number"),
        ("--nproc_per_node a.py", "whole number"),
        ("--gpus 0,0 a.py", "--gpus must be different GPU numbers such as 0,1,2,3, not '0,0'"),
        ("--gpus 1,01 a.py", "--gpus must be different GPU numbers"),
        ("--gpus a,b a.py", "--gpus must be different GPU numbers such as 0,1,2,3, not 'a,b'"),
        ("--gpus a.py", "--gpus must be different GPU numbers such as 0,1,2,3, not 'a.py'"),
        ("--gpus 0,1 --nproc_per_node 3 a.py", "leave one of them out"),
        ("--nproc 2 a.py", "unknown option --nproc before the script"),
        ("--nproc_per_node 2 --use_paddlecloud a.py", "--use_paddlecloud is gone: write"),
        ("--nproc_per_node 2 --nnodes 0 a.py", "--nnodes must be at least 1"),
        ("--nproc_per_node 2 --max_restart -1 a.py", "--max_restart at least 0"),
        ("--nproc_per_node 2 --start_timeout nan a.py", "--start_timeout above 0"),
        ("--nproc_per_node 2 --rank 1 a.py", "for several machines: add --nnodes"),
        ("--nproc_per_node 2 --nnodes 2 a.py", "needs --master IP:PORT, the same on every"),
        ("--nproc_per_node 2 --nnodes 2 --rank 0 a.py", "needs --master IP:PORT"),
        ("--nproc_per_node 2 --nnodes 2 --master 127.0.0.1:9 a.py", "and --rank, 0 to 1"),
        ("--nproc_per_node 2 --nnodes 2 --master 127.0.0.1:9 --rank 2 a.py", "must be 0 to 1"),
        ("--nproc_per_node 2 --nnodes 2 --master 127.0.0.1 --rank 0 a.py", "must be IP:PORT"),
        ("--nproc_per_node 2 --nnodes 2 --master here:9 --rank 0 a.py", "must be IP:PORT"),
        ("--nproc_per_node 2 --nnodes 2 --master 127.0.0.1:99999 --rank 0 a.py", "be IP:PORT"),
        (
            "--nproc_per_node 2 --nnodes 2 --master 127.0.0.1:9 --rank 0 --host 203.0.113.9 a.py",
            "--host 203.0.113.9 is no address of this machine",
        ),
        (
            "--nproc_per_node 2 --nnodes 2 --master 203.0.113.9:9 --rank 0 --host 127.0.0.1 a.py",
            "--rank 0 belongs on the machine of --master 203.0.113.9:9",
        ),
        (
            "--nproc_per_node 2 --cluster_node_ips=10.0.0.1,10.0.0.2 a.py",
            "--cluster_node_ips needs --node_ip, this machine's address, one of 10.0.0.1, 10.0.0.2",
        ),
        ("--nproc_per_node 2 --log_dir a.py/log a.py", "--log_dir a.py/log cannot be written"),
    ],
)
def test_bad_input_is_one_sentence_before_anything_starts(
    words, sentence, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").touch()
    with pytest.raises(SystemExit) as end:
        main("launch", words.split())
    assert end.value.code == 2
    output, errors = capsys.readouterr()
    assert sentence in errors
    assert errors.startswith("error: ")
    assert (output, errors.count("\n")) == ("", 1)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.py"]


@pytest.mark.parametrize("words", [["a.py"], ["train", "--model", "mlp"]])
def test_several_processes_on_windows_are_refused_before_anything_starts(
    words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").touch()
    monkeypatch.setattr(launcher.sys, "platform", "win32")
    with pytest.raises(SystemExit) as end:
        main("launch", ["--nproc_per_node", "2", *words])
    assert end.value.code == 2
    errors = capsys.readouterr().err
    assert errors.startswith("error: several processes are not started on Windows, where gloo")
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "a.py"]


@pytest.mark.parametrize("option", ["--gpus=0,1", "--selected_gpus=0,1", "--devices=0,1"])
def test_gpus_that_are_not_there_are_refused(option, tmp_path, monkeypatch, capsys):
    """The tutorial's option means what it meant; on today's Paddle it starts one process."""
    if paddle.is_compiled_with_cuda() and paddle.device.cuda.device_count() > 1:
        pytest.skip("this machine has two GPUs; the refusal cannot be seen here")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").touch()
    with pytest.raises(SystemExit) as end:
        main("launch", [option, "--log_dir", "mylog", "a.py"])
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("error: --gpus n")
    assert not (tmp_path / "mylog").exists()


@pytest.mark.parametrize(
    ("visible", "wanted", "missing"),
    [
        (None, "0,1", ""),
        (None, "1,2,3", "--gpus names 2, 3, and Paddle finds 0, 1 here"),
        ("4,5", "5", ""),
        ("4,5", "0,5", "--gpus names 0, and Paddle finds 4, 5 here"),
    ],
)
def test_gpus_are_those_that_paddle_may_use(monkeypatch, visible, wanted, missing):
    monkeypatch.setattr(paddle, "is_compiled_with_cuda", lambda: True)
    monkeypatch.setattr(paddle.device.cuda, "device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    if not missing:
        launcher._check_gpus(wanted.split(","))
    else:
        with pytest.raises(DeviceError, match=missing):
            launcher._check_gpus(wanted.split(","))


@pytest.mark.parametrize(
    ("words", "script"),
    [
        ("--gpus 0,1 a.py --gpus 3", 2),
        ("--gpus=0 a.py", 1),
        ("a.py --help", 0),
        ("--log_dir x --help", 3),
        ("", 0),
    ],
)
def test_what_follows_the_script_is_the_scripts(words, script):
    words = words.split()
    assert complete(words) == [*words[:script], "--", *words[script:]]


def test_the_tutorials_options_for_two_machines_mean_todays():
    options = Launch(
        gpus="0,1", cluster_node_ips="10.0.0.1,10.0.0.2", node_ip="10.0.0.2", started_port=6171
    )
    today = launcher._from_old_options(options)
    assert (today.nnodes, today.rank) == (2, 1)
    assert (today.master, today.host) == ("10.0.0.1:6171", "10.0.0.2")
    one = Launch(gpus="0,1", cluster_node_ips="127.0.0.1", node_ip="127.0.0.1")
    assert launcher._from_old_options(one) == one


def test_cpu_processes_get_no_gpu_and_one_thread(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv("PADDLE_TRAINER_ID", "3")  # of a launch that this one is part of
    environment = launcher._environment(Launch(nproc_per_node=3), 3)
    assert environment["CUDA_VISIBLE_DEVICES"] == "-1,-1,-1"
    assert environment["PADDLE_DISTRI_BACKEND"] == "gloo"
    assert environment["OMP_NUM_THREADS"] == "1"
    assert "PADDLE_TRAINER_ID" not in environment
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert launcher._environment(Launch(nproc_per_node=3), 3)["OMP_NUM_THREADS"] == "2"
    on_gpus = launcher._environment(Launch(gpus="0,1"), 2)
    assert on_gpus["CUDA_VISIBLE_DEVICES"] == "0"
    assert "PADDLE_DISTRI_BACKEND" not in on_gpus


@needs_linux
def test_gloo_is_told_the_interface_of_this_machines_address():
    loopback = launcher._interface("127.0.0.1")
    assert loopback in dict(map(reversed, socket.if_nameindex()))
    assert launcher._interface("203.0.113.9") is None


def test_help_needs_no_paddle(tmp_path):
    (tmp_path / "paddle.py").write_text("raise SystemExit('Paddle was imported')")
    finished = subprocess.run(
        [sys.executable, ROOT / "scripts" / "launch.py", "--help"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    assert "--nproc_per_node" in finished.stdout
