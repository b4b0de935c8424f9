"""How are several processes of one training started?

paddle.distributed.launch starts them. This module checks what it is asked for, so that what cannot
work is one sentence before anything starts, and gives Paddle's launcher its command line and its
environment; job.py watches what it does.
The tutorial's `--selected_gpus` starts one single process on today's Paddle and exits with 0: here
it means `--gpus` again.
"""

import dataclasses
import importlib.util
import ipaddress
import os
import re
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from cyclopts import Parameter

from ..config import WholeNumber
from ..errors import DeviceError, InputError
from ..run.signals import StopSignals
from .job import Job
from .variables import CPU

# Paddle's launcher lets the first ones overrule its command line, its processes the last ones.
OVERRULING = (
    *("POD_IP", "PADDLE_MASTER", "PADDLE_RANK", "PADDLE_TRAINER_ID", "PADDLE_NNODES"),
    *("PADDLE_NPROC_PER_NODE", "PADDLE_DEVICES", "PADDLE_IPS", "PADDLE_LOG_DIR"),
    *("PADDLE_RUN_MODE", "PADDLE_JOB_ID", "PADDLE_MAX_RESTART", "PADDLE_ELASTIC_LEVEL"),
    *("PADDLE_SERVER_NUM", "PADDLE_SERVERS_ENDPOINTS", "PADDLE_TRAINER_NUM"),
    *("PADDLE_TRAINERS_ENDPOINTS", "PADDLE_DISTRI_BACKEND", "FLAGS_selected_gpus"),
)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Launch:
    """What to start, on which devices and machines."""

    gpus: Annotated[str | None, Parameter(name=["--gpus", "--selected_gpus", "--devices"])] = None
    "GPUs to use, one process each: 0,1,2,3."
    nproc_per_node: WholeNumber | None = None
    "Processes on this machine; without --gpus they compute on the CPU."
    cpu: Annotated[bool, Parameter(negative="")] = False
    "For a script of Paddle 1.x: fluid.CUDAPlace means the CPU; --gpus only counts processes."
    nnodes: WholeNumber = 1
    "Machines; start the same command on each."
    master: str | None = None
    "IP:PORT of the machine with --rank 0, any free port; for several machines."
    rank: WholeNumber | None = None
    "Number of this machine, from 0; for several machines."
    host: str | None = None
    "IP of this machine [default: the one that faces the master]."
    log_dir: Path = Path("log")
    "Folder of the logs, workerlog.0 and so on."
    max_restart: WholeNumber = 0
    "Start again at most this many times when a process fails."
    start_timeout: float = 300.0
    "Seconds in which all processes, and the other machines, must have come."
    cluster_node_ips: Annotated[str | None, Parameter(show=False)] = None
    node_ip: Annotated[str | None, Parameter(show=False)] = None
    started_port: Annotated[WholeNumber | None, Parameter(show=False)] = None


def launch(words: Sequence[str], options: Launch) -> int:
    """Start processes that run a script, or `-m` and a module; return the exit code of the whole.

    0 if every process ended with 0. Otherwise that of the process that failed first, 128 + signal
    for one that was killed; 130 or 143 after Ctrl-C or SIGTERM.

    Raises:
        InputError: the options make no sense together; nothing has been started.
        DeviceError: `--gpus` names a GPU that Paddle does not find here.
    """
    if words and words[0].startswith("--use_paddlecloud"):
        raise InputError("--use_paddlecloud is gone: write --nnodes, --master and --rank.")
    if words and words[0].startswith("-") and words[0] != "-m":
        raise InputError(f"unknown option {words[0]} before the script; --help lists the options.")
    options = _from_old_options(options)
    count = _count(options)
    if sys.platform == "win32":
        raise InputError(
            "several processes are not started on Windows, where gloo, by which they talk on the "
            "CPU, does not work: run the script itself, in one process."
        )
    if options.cpu:
        options = dataclasses.replace(options, gpus=None, nproc_per_node=count)
    _check_script(words)
    options = _check_machines(options)
    if importlib.util.find_spec("paddle") is None:
        raise ModuleNotFoundError("No module named 'paddle'", name="paddle")
    if options.gpus:
        _check_gpus(options.gpus.split(","))
    try:
        options.log_dir.mkdir(parents=True, exist_ok=True)
        TemporaryDirectory(dir=options.log_dir).cleanup()
    except OSError as error:
        raise InputError(
            f"--log_dir {options.log_dir} cannot be written, {error.strerror}: name another folder."
        ) from None
    command, environment = _command(options, count), _environment(options, count)
    where = f"--master {options.master}" if options.nnodes > 1 else None
    with StopSignals() as stop:
        for restart in range(options.max_restart + 1):
            if restart:
                again = f"starting again, {restart} of at most {options.max_restart} times"
                print(again, file=sys.stderr, flush=True)
            job = Job(command, words, environment, count, options.log_dir, options.nnodes, where)
            code = job.run(stop, options.start_timeout)
            if code in (0, 2, 130, 143):
                break
    return code


def _from_old_options(options: Launch) -> Launch:
    """Turn the tutorial's options for several machines into today's."""
    machines = [ip.strip() for ip in (options.cluster_node_ips or "").split(",") if ip.strip()]
    if len(machines) < 2:
        return options
    if options.node_ip not in machines:
        raise InputError(
            f"--cluster_node_ips needs --node_ip, this machine's address, one of "
            f"{', '.join(machines)}, not {options.node_ip}; today one writes "
            f"--nnodes {len(machines)} --master {machines[0]}:6170 --rank R."
        )
    return dataclasses.replace(
        options,
        nnodes=len(machines),
        master=f"{machines[0]}:{options.started_port or 6170}",
        rank=machines.index(options.node_ip),
        host=options.node_ip,
    )


def _count(options: Launch) -> int:
    """Return how many processes this machine gets."""
    count = options.nproc_per_node
    if count is not None and count < 1:
        raise InputError(f"--nproc_per_node must be at least 1, not {count}.")
    if options.gpus is None:
        if count is None:
            raise InputError("write --gpus 0,1 for GPUs, or --nproc_per_node 2 for CPU processes.")
        return count
    gpus = options.gpus.split(",")
    if not re.fullmatch(r"\d+(,\d+)*", options.gpus) or len(set(map(int, gpus))) < len(gpus):
        raise InputError(
            f"--gpus must be different GPU numbers such as 0,1,2,3, not {options.gpus!r}."
        )
    if count not in (None, len(gpus)):
        raise InputError(
            f"--gpus {options.gpus} means {len(gpus)} processes and --nproc_per_node {count} "
            f"means {count}: leave one of them out."
        )
    return len(gpus)


def _check_script(words: Sequence[str]) -> None:
    if not words:
        raise InputError("name the script to run, such as scripts/train.py, after the options.")
    if words[0] != "-m" and not Path(words[0]).is_file():
        raise InputError(f"{words[0]}: no such script.")


def _check_machines(options: Launch) -> Launch:
    """Check what several machines need, and fill in this one's address."""
    if options.nnodes < 1 or options.max_restart < 0 or not options.start_timeout > 0:
        raise InputError(
            f"--nnodes must be at least 1, --max_restart at least 0 and --start_timeout above 0, "
            f"not {options.nnodes}, {options.max_restart} and {options.start_timeout:g}."
        )
    if options.nnodes == 1:
        if options.master or options.rank or options.host:
            raise InputError("--master, --rank and --host are for several machines: add --nnodes.")
        return options
    if options.master is None or options.rank is None:
        raise InputError(
            f"--nnodes {options.nnodes} needs --master IP:PORT, the same on every machine, "
            f"and --rank, 0 to {options.nnodes - 1}, this machine's number."
        )
    if not 0 <= options.rank < options.nnodes:
        raise InputError(f"--rank must be 0 to {options.nnodes - 1}, not {options.rank}.")
    address, _, port = options.master.partition(":")
    if not _is_address(address) or not (port.isdecimal() and 0 < int(port) < 65536):
        raise InputError(f"--master must be IP:PORT such as 10.0.0.1:8090, not {options.master}.")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            if options.host is None:
                probe.connect((address, int(port)))  # sends nothing, only chooses a route
            else:
                probe.bind((options.host, 0))
            host = probe.getsockname()[0]
    except OSError as error:
        raise InputError(
            f"--host {options.host} is no address of this machine, {error.strerror}."
            if options.host
            else f"no way leads from here to --master {options.master}, {error.strerror}."
        ) from None
    if options.rank == 0 and address not in ("127.0.0.1", host):
        raise InputError(
            f"--rank 0 belongs on the machine of --master {options.master}, "
            f"and this machine's address is {host}."
        )
    return dataclasses.replace(options, host=host)


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False


def _check_gpus(wanted: list[str]) -> None:
    import paddle

    if not paddle.is_compiled_with_cuda():
        raise DeviceError(
            f"--gpus needs the GPU build of Paddle, and this is the CPU build paddlepaddle "
            f"{paddle.__version__}: install paddlepaddle-gpu instead, or write "
            f"--nproc_per_node {len(wanted)} for CPU processes."
        )
    count = paddle.device.cuda.device_count()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "all")
    there = list(map(str, range(count))) if visible == "all" else visible.split(",")[:count]
    if missing := [gpu for gpu in wanted if gpu not in there]:
        raise DeviceError(
            f"--gpus names {', '.join(missing)}, and Paddle finds {', '.join(there) or 'none'} "
            f"here: check what nvidia-smi says and CUDA_VISIBLE_DEVICES."
        )


def _command(options: Launch, count: int) -> list[str]:
    """Return the command line of Paddle's launcher, up to the program that it starts."""
    command = [sys.executable, "-m", "paddle.distributed.launch", "--log_dir", str(options.log_dir)]
    command += ["--nnodes", str(options.nnodes), "--nproc_per_node", str(count)]
    if options.nnodes > 1:
        command += ["--master", str(options.master), "--rank", str(options.rank)]
        command += ["--host", str(options.host)]
    command += ["--devices", options.gpus] if options.gpus else ["--enable_gpu_log", "False"]
    return command


def _environment(options: Launch, count: int) -> dict[str, str]:
    """Return the environment of Paddle's launcher, which hands it on to every process."""
    environment = {key: value for key, value in os.environ.items() if key not in OVERRULING}
    environment.setdefault("GLOG_minloglevel", "1")  # Paddle's warnings, not what it is doing
    if options.cpu:
        environment[CPU] = "1"
    if options.gpus is None:
        # One label per process, of a GPU that does not exist: Paddle's launcher hands out real
        # ones otherwise, and fails where it has fewer than processes. Not tried on a GPU.
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(["-1"] * count)
        environment["PADDLE_DISTRI_BACKEND"] = "gloo"
        if count > 1:
            environment.setdefault("OMP_NUM_THREADS", "1")  # more threads only get in the way
    if options.nnodes > 1 and options.master:
        if interface := _interface(options.host):
            environment.setdefault("GLOO_SOCKET_IFNAME", interface)  # else gloo dials 127.0.0.1
        direct = environment.get("no_proxy") or environment.get("NO_PROXY")
        environment["no_proxy"] = ",".join(filter(None, [direct, options.master.split(":")[0]]))
    return environment


def _interface(address: str | None) -> str | None:
    """Return the name of the network interface that has an address, if the system tells: Linux."""
    if sys.platform == "linux" and address:
        import fcntl

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            for _, name in socket.if_nameindex():
                try:
                    answer = fcntl.ioctl(probe, 0x8915, name.encode().ljust(256, b"\0"))
                except OSError:  # it has no address
                    continue
                if socket.inet_ntoa(answer[20:24]) == address:
                    return name
    return None
