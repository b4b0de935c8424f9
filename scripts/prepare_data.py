#!/usr/bin/env python
"""Write work/mnist.json.gz from MNIST's files, the network, your pictures, or drawn digits.

python scripts/prepare_data.py
python scripts/prepare_data.py --from FOLDER_OF_IDX_FILES
python scripts/prepare_data.py --from FOLDER_OF_YOUR_PICTURES --out work/mine.json.gz
python scripts/prepare_data.py --source drawn --out work/drawn.json.gz
python scripts/prepare_data.py --help
"""

from mnist_paddle.commands import main

main("prepare_data")
