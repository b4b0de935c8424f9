"""Any picture becomes 28×28 as MNIST has it: decode.py, ink.py, shapes.py, digit.py, in that order.

`find_digit(open_picture(path)).ink` is `[28, 28] uint8`, ink 255 and paper 0.
"""

from .decode import FORMATS, open_picture
from .digit import FoundDigit, find_digit, find_digits, read_exact, read_picture

__all__ = [
    "FORMATS",
    "FoundDigit",
    "find_digit",
    "find_digits",
    "open_picture",
    "read_exact",
    "read_picture",
]
