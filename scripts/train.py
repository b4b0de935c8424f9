#!/usr/bin/env python
"""Train a network: data file → training → evaluation → run folder.

python scripts/train.py --model cnn --loss ce --opt adam --lr 0.001 --epochs 3
python scripts/train.py --config configs/05_cnn_ce_sgd.yaml
python scripts/train.py --model cnn --loss ce --opt adam --gpu
python scripts/train.py --help
"""

from mnist_paddle.commands import main

main("train")
