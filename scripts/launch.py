#!/usr/bin/env python
"""Train with several processes: Paddle's launcher, with its failures told and nothing left behind.

python scripts/launch.py --gpus 0,1,2,3 --log_dir ./mylog scripts/train.py --model cnn --gpu
python scripts/launch.py --nproc_per_node 2 scripts/train.py --model cnn
python scripts/launch.py --nproc_per_node 2 --nnodes 2 --master 10.0.0.1:8090 --rank 0 \\
    scripts/train.py --model cnn
python scripts/launch.py --help
"""

from mnist_paddle.commands import main

main("launch")
