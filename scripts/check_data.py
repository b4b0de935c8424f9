#!/usr/bin/env python
"""Look at data before training on them: counts, sizes, duplicates, blank or inverted images.

python scripts/check_data.py
python scripts/check_data.py --data FOLDER_OF_PICTURES --sheet work/sheet.png
python scripts/check_data.py --help
"""

from mnist_paddle.commands import main

main("check_data")
