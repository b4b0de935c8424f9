#!/usr/bin/env python
"""Count the digits that a trained model reads right: accuracy, per digit, confusion matrix.

python scripts/evaluate.py --checkpoint work/runs/cnn_ce_adam/model.safetensors
python scripts/evaluate.py --help
"""

from mnist_paddle.commands import main

main("evaluate")
