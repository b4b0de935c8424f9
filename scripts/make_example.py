#!/usr/bin/env python
"""Draw the example picture work/example_0.jpg.

python scripts/make_example.py
"""

from mnist_paddle.commands import main

main("make_example")
