"""A server that forks old scripts: it has loaded Paddle and our wing, and installed nothing."""

import pytest

from benchmarks.support.forks import ForkServer
from mnist_paddle.fluid.modules import MODULES

OURS = {f"mnist_paddle.fluid.{ours}" for ours in MODULES.values() if ours and ours[:7] != "paddle."}


@pytest.fixture(scope="session")
def script_server():
    """`script_server.run("-m", "mnist_paddle.fluid", script, cwd=…)`, without Paddle's import.

    Another server than the one for our commands: that one has loaded Matplotlib, which reads then
    where plt.show() shall draw.
    """
    server = ForkServer(
        ["mnist_paddle.fluid.installation", *OURS], OMP_NUM_THREADS="1", PYTHONUTF8="1"
    )
    yield server
    server.close()
