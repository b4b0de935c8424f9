#!/usr/bin/env python
"""Read the digit in a picture.

python scripts/predict.py work/example_0.jpg --checkpoint work/runs/cnn_ce_adam/model.safetensors
python scripts/predict.py --help
"""

from mnist_paddle.commands import main

main("predict")
