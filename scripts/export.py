#!/usr/bin/env python
"""Write a trained model for other programs, and compare it with the original.

python scripts/export.py --checkpoint work/runs/cnn_ce_adam/model.safetensors --to onnx work/onnx
python scripts/export.py --help
"""

from mnist_paddle.commands import main

main("export")
