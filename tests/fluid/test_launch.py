"""Old multi-process scripts under scripts/launch.py, on the CPU, with two real processes."""

import os
import subprocess
import sys

import numpy as np
import paddle
import pytest

from benchmarks.support import ROOT

SCRIPT = """
import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph.nn import Linear

place = fluid.CUDAPlace(fluid.dygraph.parallel.Env().dev_id)
with fluid.dygraph.guard(place):
    strategy = fluid.dygraph.parallel.prepare_context()
    rank, ranks = strategy.local_rank, strategy.nranks
    net = Linear(3, 2, act='softmax')
    net = fluid.dygraph.parallel.DataParallel(net, strategy)
    start = net.state_dict()['weight'].numpy()
    random = np.random.RandomState(0)
    xs = [random.rand(4, 3).astype('float32') for _ in range(7)]
    batches = [(x, random.randint(0, 2, (4, 1))) for x in xs]
    if fluid.dygraph.parallel.Env().nranks == 1:  # one process with twice the batch
        pairs = zip(batches[0:6:2], batches[1:6:2])
        batches = [tuple(np.concatenate(both) for both in zip(*pair)) for pair in pairs]
        np.copyto(start, np.load('start.npy'))
        net.set_dict({**net.state_dict(), 'weight': start})
    reader = fluid.contrib.reader.distributed_batch_reader(lambda: iter(batches))
    optimizer = fluid.optimizer.MomentumOptimizer(0.5, 0.9, parameter_list=net.parameters())
    for x, y in reader():
        x, y = fluid.dygraph.to_variable(x), fluid.dygraph.to_variable(y)
        loss = fluid.layers.cross_entropy(net(x), y)
        loss = net.scale_loss(fluid.layers.mean(loss))
        loss.backward()
        net.apply_collective_grads()
        optimizer.minimize(loss)
        net.clear_gradients()
    np.save('end_%d_of_%d.npy' % (rank, ranks), net.state_dict()['weight'].numpy())
    np.save('start.npy' if ranks > 1 and rank == 0 else 'start_%d.npy' % rank, start)
"""


@pytest.fixture
def launch(tmp_path):
    (tmp_path / "old.py").write_text(SCRIPT)

    def launch(*words):
        return subprocess.run(
            [sys.executable, ROOT / "scripts/launch.py", *words, "old.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return launch


def test_two_processes_do_what_one_does_with_twice_the_batch(launch, script_server, tmp_path):
    two = launch("--selected_gpus=0,1", "--cpu", "--log_dir", "./mylog")
    assert two.returncode == 0, two.stderr[-3000:]
    assert sorted(path.name for path in (tmp_path / "mylog").glob("workerlog*")) == [
        *("workerlog.0", "workerlog.1")
    ]
    one = script_server.run("-m", "mnist_paddle.fluid", "--cpu", "old.py", cwd=tmp_path)
    assert one.returncode == 0, one.stderr[-3000:]
    ends = [np.load(tmp_path / name) for name in ("end_0_of_2.npy", "end_1_of_2.npy")]
    assert (ends[0] == ends[1]).all()
    np.testing.assert_allclose(ends[0], np.load(tmp_path / "end_0_of_1.npy"), atol=1e-6)
    assert np.abs(ends[0] - np.load(tmp_path / "start.npy")).max() > 0.01


@pytest.mark.skipif(paddle.is_compiled_with_cuda(), reason="this is about machines without a GPU")
def test_without_the_flag_a_gpu_place_is_one_sentence(launch):
    finished = launch("--nproc_per_node", "2", "--log_dir", "mylog")
    assert finished.returncode == 2
    assert "error: fluid.CUDAPlace(0) needs a GPU" in finished.stderr
    assert "--cpu" in finished.stderr
    assert "Traceback" not in finished.stderr
