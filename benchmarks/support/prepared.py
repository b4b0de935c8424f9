"""Run a module as our commands run: with what they set before NumPy and Paddle are loaded.

python -m benchmarks.support.prepared MODULE ARGS…
"""

import runpy
import sys

from mnist_paddle.kernels import environment

if __name__ == "__main__":
    environment.prepare()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
