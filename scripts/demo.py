#!/usr/bin/env python
"""A pad in the browser: draw a digit and see it read while you draw.

python scripts/demo.py --checkpoint work/runs/cnn_ce_adam/model.safetensors
python scripts/demo.py --host 0.0.0.0    # everybody on the network may draw
python scripts/demo.py --help
"""

from mnist_paddle.commands import main

main("demo")
