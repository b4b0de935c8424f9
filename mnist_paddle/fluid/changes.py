"""Changes to Paddle and to other libraries, remembered so that they can be taken back."""

from types import ModuleType
from typing import Any

_done: list[tuple[Any, str, Any]] = []  # where, the name, what was there before
_ABSENT = object()


def change(where: Any, name: str, value: Any) -> None:
    """Set an attribute of a class or module, or an item of anything else."""
    if isinstance(where, type | ModuleType):
        _done.append((where, name, vars(where).get(name, _ABSENT)))
        setattr(where, name, value)
    else:
        _done.append((where, name, where.get(name, _ABSENT)))
        where[name] = value


def take_back() -> None:
    """Undo all changes, the last first."""
    while _done:
        where, name, before = _done.pop()
        if isinstance(where, type | ModuleType):
            if before is _ABSENT:
                delattr(where, name)
            else:
                setattr(where, name, before)
        elif before is _ABSENT:
            del where[name]
        else:
            where[name] = before
