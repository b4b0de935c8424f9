#!/usr/bin/env python
"""Write a data file as one file per sample, with labels.csv.

python scripts/export_files.py --out work/mnist_files
python scripts/export_files.py --out work/mnist_pictures --format png --layout folders
python scripts/export_files.py --help
"""

from mnist_paddle.commands import main

main("export_files")
