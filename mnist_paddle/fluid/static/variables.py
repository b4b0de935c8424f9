"""The variables of a static program, and their names.

In Paddle 1.x every variable had a name, by which one could find and fetch it. Paddle 3 writes
programs down in another way, and names only inputs and parameters: the others get one here.
"""

from typing import Any

import numpy as np
import paddle

from ..layers.creation import EmptyTensor

pir: Any = getattr(paddle, "pir", None)  # Paddle 3's way; 2.6 has only parts of it
NEW_IR = pir is not None and hasattr(pir.Program, "set_is_test_attr")

global_scope = paddle.static.global_scope

_named: dict[str, Any] = {}  # a name that we gave: the value that has it
_names: dict[int, str] = {}
_name: Any = pir.Value.name if NEW_IR else None


def main_program() -> Any:
    """Return the program that is being written down."""
    return paddle.static.default_main_program()


def name_of(self: Any) -> str:
    """1.x: every variable had a name; on Paddle 3 only inputs and parameters do: give it one."""
    if self.has_name:
        return str(_name.fget(self))
    if self.id not in _names:
        _names[self.id] = f"tmp_{len(_names)}"
        _named[_names[self.id]] = self
    return _names[self.id]


def find(self: Any, name: str) -> Any:
    """1.x: `program.global_block().var(name)`; Paddle 3's blocks do not know their variables.

    Raises:
        ValueError: no variable has that name.
    """
    if name in _named:
        return _named[name]
    for operation in self.ops:
        for value in operation.results():
            if value.has_name and value.name == name:
                return value
    raise ValueError(f"no variable of the program has the name {name!r}.")


def value_of(program: Any, item: Any) -> Any:
    """Return the variable that a script means, by itself, by its name or by an empty tensor.

    Paddle 2.6 knows the names itself.
    """
    if isinstance(item, EmptyTensor):
        return item.value
    if not NEW_IR or not isinstance(item, str):
        return item
    return find(program.global_block(), item)


def inputs_of(program: Any) -> dict[str, Any]:
    """Return the inputs of a program of Paddle 3 by their names."""
    operations = program.global_block().ops
    return {
        operation.attrs()["name"]: operation.results()[0]
        for operation in operations
        if str(operation.name()) == "pd_op.data"
    }


def set_variable(name: str, value: Any, scope: Any = None, place: Any = None) -> None:
    """Put an array into a variable of a scope, as `tensor.set(array, place)` did."""
    tensor = (scope or global_scope()).var(name).get_tensor()
    tensor.set(np.asarray(value).reshape(tensor.shape()), place or paddle.CPUPlace())
