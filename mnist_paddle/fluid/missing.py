"""What happens when an old script asks for a name that is not here?

An AttributeError, so that hasattr answers as usual, or an ImportError for `from … import`.
Both name what was asked for, what to write today where something is known, and where to ask.
"""

import dis
import importlib
import sys
from collections.abc import Callable
from typing import Any

from .names import modern


def lookup(module: str, *elsewhere: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module that stands for `paddle.<module>`.

    It looks for the name in the modules of ours that `elsewhere` names, then refuses it.
    """

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for other in elsewhere:
            provider = importlib.import_module(f"mnist_paddle.fluid.{other}")
            if name in provider.__all__:  # and not what it imports for itself
                return getattr(provider, name)
        message = f"paddle.{module}.{name} of Paddle 1.x is not provided by mnist_paddle.fluid; "
        if today := modern(f"{module}.{name}"):
            message += f"today one writes {today}; "
        message += "an issue that asks for it is welcome."
        code, position = sys._getframe(1).f_code.co_code, sys._getframe(1).f_lasti
        if 0 <= position < len(code) and dis.opname[code[position]] == "IMPORT_FROM":
            raise ImportError(message)
        raise AttributeError(message)

    return __getattr__
