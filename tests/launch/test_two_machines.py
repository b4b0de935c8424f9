"""A launch on two machines, which meet over the network between them."""

import sys
import time

import pytest

from benchmarks.support import ROOT
from benchmarks.support.two_hosts import two_hosts

SCRIPT = """
import os, sys, paddle
import paddle.distributed as dist
dist.init_parallel_env()
tensor = paddle.to_tensor([10.0 ** dist.get_rank()])
dist.all_reduce(tensor)
print("sum", tensor.item(), "of", dist.get_world_size())
print("gloo", os.environ["GLOO_SOCKET_IFNAME"])
if "fail" in sys.argv and dist.get_rank() == 3:
    raise ValueError("mine")
dist.all_reduce(tensor)
"""


@pytest.fixture
def hosts():
    with two_hosts() as hosts:
        yield hosts


def launch(hosts, folder, number, *options, arguments=()):
    """Start two processes on one of the two machines."""
    words = [sys.executable, ROOT / "scripts" / "launch.py", "--nproc_per_node", "2"]
    words += ["--nnodes", "2", "--master", f"{hosts.addresses[0]}:8090", "--rank", number]
    words += ["--log_dir", folder / f"log_{number}", *options]
    words += [folder / "script.py", *arguments]
    return hosts.run(number, words, cwd=folder)


def test_the_processes_of_two_machines_meet(hosts, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    launches = [launch(hosts, tmp_path, number) for number in (1, 0)]
    for process in launches:
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, ""), output
        assert "sum 1111.0 of 4\n" in output
        assert "gloo mnist" in output  # the cable, not the loopback interface


@pytest.mark.large
def test_a_failure_on_one_machine_ends_both(hosts, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    launches = [launch(hosts, tmp_path, number, arguments=["fail"]) for number in (0, 1)]
    errors = [process.communicate(timeout=60)[1] for process in launches]
    assert [process.returncode for process in launches] == [1, 1]
    assert "ValueError: mine\nerror: rank 3 ended with exit code 1; its log: " in errors[1]
    assert errors[0].endswith("The cause may be on another machine.\n")


@pytest.mark.large
def test_a_machine_that_does_not_come_is_an_error(hosts, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    begin = time.monotonic()
    process = launch(hosts, tmp_path, 1, "--start_timeout", "4")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the machines did not meet at --master 10.213.77.1:8090 within 4 seconds" in errors
    assert time.monotonic() - begin < 30
