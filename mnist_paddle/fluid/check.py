"""Which Paddle 1.x names does a script use, are they provided here, and what does one write today?

`python -m mnist_paddle.fluid --check SCRIPT.py` reads the script, runs nothing of it, and prints a
line for each name: where it stands, whether it is provided, and today's line from names/.

Only the syntax tree is read, so it takes no Paddle and no data. What a script does with getattr or
exec stays unseen, and a method is told by its name alone.
"""

from __future__ import annotations

import ast
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .modules import MODULES
from .names import ELSEWHERE, MORE, NAMES, SHORTER, canonical, is_known, line_and_note

SHIM = Path(__file__).parent
# Methods that are written today as they were then: nothing to tell.
UNCHANGED = {
    *(".weight", ".bias", ".state_dict", ".full_name", ".create_parameter", ".add_sublayer"),
    *(".set_state_dict", ".backward", "._padding", "._stride", ".set_lr"),
}
METHODS = {key for key in NAMES if key.startswith(".")} - UNCHANGED
OUTSIDE = {"PIL.Image.ANTIALIAS": "Image.ANTIALIAS", "matplotlib.pyplot.show": "plt.show"}


def main(paths: list[str]) -> int:
    """Print what is found in each script; return 0, 1 if a name is not provided, 2 if no script."""
    code = 0
    for path in paths:
        try:
            uses = names_in(path)
        except (OSError, SyntaxError, ValueError, RecursionError) as error:
            print(f"{path} cannot be checked: {_reason(error)}", file=sys.stderr)
            code = 2
            continue
        missing = [name for name in uses if not is_provided(name)]
        print("\n".join(_report(path, uses)))
        code = max(code, bool(missing))
    return code


def names_in(path: str | Path) -> dict[str, list[int]]:
    """Return the 1.x names that a script uses, each with its lines, in the order of the first.

    Raises OSError, SyntaxError or ValueError where the file is none that Python can read.
    """
    with tokenize.open(path) as file:
        tree = ast.parse(file.read(), str(path))
    finder = _Finder(tree)
    finder.visit(tree)
    if not finder.is_old:
        return {}
    found = sorted(finder.found.items(), key=lambda item: (min(item[1]), item[0]))
    return {name: sorted(lines) for name, lines in found}


def is_provided(name: str) -> bool:
    """Return whether a 1.x name is provided: by the tables, else by reading our own sources."""
    key = canonical(name)
    if key in NAMES or key in MORE:
        return True
    module, _, attribute = key.rpartition(".")
    return key not in ELSEWHERE and attribute in _names_in(MODULES.get(module))


class _Finder(ast.NodeVisitor):
    """Walk a script's tree, keep what its names stand for, and collect the 1.x ones."""

    def __init__(self, tree: ast.AST) -> None:
        self.found: dict[str, set[int]] = {}
        self.is_old = False
        self._meaning: dict[str, str] = {}  # a name in the script → what it is, in full
        self._stars: list[str] = []
        self._own = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        }
        # First all imports, wherever they stand: a function above may use one from below.
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._take_import(node)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                self._take_from(node)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                self._take_assignment(node)

    def _take_import(self, node: ast.Import) -> None:
        for alias in node.names:
            whole = alias.name
            first = whole.partition(".")[0]
            self._meaning[alias.asname or first] = whole if alias.asname else first
            self.is_old |= whole.startswith("paddle.fluid") or whole == "paddle"

    def _take_from(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for alias in node.names:
            if alias.name == "*":
                self._stars.append(module)
            else:
                self._meaning[alias.asname or alias.name] = f"{module}.{alias.name}"
                self._add(f"{module}.{alias.name}", node.lineno)
        self.is_old |= module.startswith("paddle")

    def _take_assignment(self, node: ast.Assign) -> None:
        """Follow `L = fluid.layers`."""
        whole = self._dotted(node.value)
        if whole and whole.startswith("paddle.") and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id not in self._meaning:
                self._meaning[target.id] = whole

    def _dotted(self, node: ast.AST) -> str | None:
        """Spell out a.b.c by what `a` stands for, None if it is not such a chain."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        start = self._meaning.get(node.id)
        if start is None and node.id not in self._own:
            for module in self._stars:
                if modern_or_provided(f"{module}.{node.id}"):
                    start = f"{module}.{node.id}"
        return ".".join([start, *parts]) if start else None

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and (whole := self._dotted(node)):
            self._add(whole, node.lineno)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        whole = self._dotted(node)
        if whole and self._add(whole, node.lineno):
            return
        if not whole or whole.split(".")[0] not in _roots():
            if f".{node.attr}" in METHODS:
                self._keep(f".{node.attr}", node.lineno)
            self.visit(node.value)

    def _add(self, whole: str, line: int) -> bool:
        """Collect a full name if it is one of 1.x; return whether it was."""
        if whole in OUTSIDE:
            self._keep(OUTSIDE[whole], line)
            return True
        if whole.partition(".")[0] != "paddle":
            return False
        name = whole.removeprefix("paddle.")
        for known in _prefixes(name):  # fluid.dygraph.Linear.something is a use of Linear
            if modern_or_provided(known) and not _is_module(known):
                self._keep(known, line)
                return True
        if name.startswith("fluid.") and not _is_module(name):
            self._keep(name, line)
            return True
        return False

    def _keep(self, name: str, line: int) -> None:
        self.found.setdefault(name, set()).add(line)


def modern_or_provided(name: str) -> bool:
    """Return whether anything is known of a name."""
    key = canonical(name)
    return is_known(key) or is_provided(key)


def _roots() -> set[str]:
    return {"paddle", "PIL", "matplotlib", "numpy"}


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        yield ".".join(parts[:end])


@cache
def _is_module(name: str) -> bool:
    """Return whether a name is a module of 1.x, such as fluid.layers, and nothing in itself."""
    if is_known(canonical(name)):
        return False
    keys = [*NAMES, *MORE, *ELSEWHERE, *(long for long, _ in SHORTER)]
    return any(key == name or key.startswith(f"{name}.") for key in keys)


@cache
def _names_in(ours: str | None) -> frozenset[str]:
    """Return the names that a module of this wing gives to scripts.

    They are what it defines, what its `__all__` lists, and those of the modules in which its
    `__getattr__` looks.
    """
    if ours is None:
        return frozenset()
    base = SHIM.joinpath(*ours.split("."))
    files = (base / "__init__.py", base.with_suffix(".py"))
    path = next((file for file in files if file.is_file()), None)
    if path is None:  # one of today's Paddle
        return frozenset()
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            targets = {target.id for target in node.targets if isinstance(target, ast.Name)}
            words = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
            if targets == {"__all__"}:
                names.update(word for word in words if isinstance(word, str))
            elif targets == {"__getattr__"}:
                names.update(*(_names_in(word) for word in words[1:]))
            names |= targets
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            names |= _names_in(f"{ours}.{node.module}")
    return frozenset(name for name in names if not name.startswith("_"))


def _report(path: str, uses: dict[str, list[int]]) -> list[str]:
    """Return the lines to print for one script."""
    if not uses:
        return [f"{path}: no name of Paddle 1.x, nothing to do."]
    lines = [f"{path}:"]
    width = max(map(len, uses))
    for name, places in uses.items():
        mark = "provided" if is_provided(name) else "NOT HERE"
        line, note = line_and_note(name)
        where = ", ".join(map(str, places[:4])) + (", …" if len(places) > 4 else "")
        today = f"→ {line}" if line else "→ no replacement is known"
        lines.append(
            f"  {name:{width}}  {mark}  {today}{f'  ({note})' if note else ''}  [line {where}]"
        )
    missing = sum(not is_provided(name) for name in uses)
    lines.append(
        f"{len(uses)} names of Paddle 1.x, {len(uses) - missing} provided, {missing} not."
        + (" An issue that names them is welcome." if missing else "")
    )
    return lines


def _reason(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        old = "print" in str(error.msg) or "exec" in str(error.msg)
        hint = "; it is written for Python 2, 2to3 translates it" if old else ""
        return f"line {error.lineno or 1} is not Python ({error.msg}){hint}."
    if isinstance(error, OSError):
        return f"{error.strerror or error}."
    return f"it is not text that Python can read ({error})."
