"""What can be seen to be wrong in a file before it is run, or in a story before it is told: what makes two runs differ, steps
that are never taken, and what a crash can't get past.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from itertools import accumulate
from types import ModuleType
from typing import Any

from sim.world.shop import Shop

EVENTS = ("compute", "sleep")  # steps of the shop that are waited for with a plain `yield`
DIFFER = "two runs would differ"
WAITING = "the time of the morning is shop.env.now, and a story waits with `yield shop.sleep(seconds)`"
OUTSIDE = "a story is told inside a morning; what is outside of it differs between two machines"
REFUSED = {
    "random": DIFFER, "secrets": DIFFER, "uuid": DIFFER, "numpy.random": DIFFER, "hash": DIFFER, "id": DIFFER,
    "time": WAITING, "datetime": WAITING, "asyncio": WAITING, "threading": WAITING,
    "os": OUTSIDE, "subprocess": OUTSIDE, "multiprocessing": OUTSIDE, "signal": OUTSIDE, "socket": OUTSIDE,
    "sys.stdout": "that is for results; `print` writes to stderr",
}  # fmt: skip
BUILTIN = ("hash", "id")  # others of these names may be
UNGUARDED = "nobody looks after such a story; begin it with `shop.background(…)` in set_up, or with `shop.start(…)`"
BROAD = ("Exception", "BaseException", "Crash")


def refused(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and message of each name that a file may not use, before it is run; also of what is a part of it (`np.random`)."""
    known: dict[str, str] = {}  # what a name in the file stands for
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            before = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                known[alias.asname or alias.name.partition(".")[0]] = before + (alias.name if alias.asname or before else "")
                found.append((node.lineno, before + alias.name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found += [(node.lineno, name) for name in BUILTIN if name == node.func.id and name not in own]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
            found.append((node.lineno, f"{known[node.value.id] or node.value.id}.{node.attr}"))
    parts = ((line, part) for line, name in found for part in accumulate(name.split("."), "{}.{}".format))
    return sorted({(line, f"{part}: {REFUSED[part]}") for line, part in parts if part in REFUSED})


def slips(text: str, module: ModuleType, kind: type) -> list[tuple[int, str]]:
    """Line and message of each."""
    tree = ast.parse(text)
    found = [*_catching(tree), *_unguarded(tree)]
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            found += _untold(function, module, kind)
        elif isinstance(function, ast.AsyncFunctionDef):
            found.append((function.lineno, f"{function.name}: a story is told by `def` and `yield`, without `async`"))
    return sorted(set(found))


def _unguarded(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Processes that are started past the shop."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "process" and ast.unparse(node.value).endswith("env"):
            yield node.lineno, f"`{ast.unparse(node)}`: {UNGUARDED}"


def _catching(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """A process that dies does nothing more: neither may it catch its own death, nor go on in `finally`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Try):
            continue
        for handler in node.handlers if _waits(node.body) else []:
            caught = (
                {name.id for name in ast.walk(handler.type) if isinstance(name, ast.Name)} if handler.type else {"Exception"}
            )
            if caught.intersection(BROAD):
                yield (
                    handler.lineno,
                    (
                        "this `except` would catch the crash of the process that tells the story; nothing need be caught: what "
                        "goes wrong at the provider is an Outcome"
                    ),
                )
        if _waits(node.finalbody):
            yield node.finalbody[0].lineno, "a `yield` in `finally`: a process that has died does nothing more"


def _waits(body: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for statement in body for node in ast.walk(statement))


def _untold(function: ast.FunctionDef, module: ModuleType, kind: type) -> Iterator[tuple[int, str]]:
    """Steps that look as if they were taken, and aren't."""
    later = {
        node.value.id for node in ast.walk(function) if isinstance(node, ast.YieldFrom) and isinstance(node.value, ast.Name)
    }
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "start":
            later |= {argument.id for argument in call.args if isinstance(argument, ast.Name)}
    for node in ast.walk(function):
        if not isinstance(node, ast.Expr | ast.Assign | ast.Yield | ast.YieldFrom) or not isinstance(node.value, ast.Call):
            continue
        name, is_story, is_event = _called(node.value, module, kind)
        if isinstance(node, ast.Yield) and is_story:
            yield node.lineno, f"`yield {name}(…)`: that is a story; write `yield from {name}(…)`"
        elif isinstance(node, ast.YieldFrom) and is_event:
            yield node.lineno, f"`yield from {name}(…)`: that is something to wait for; write `yield {name}(…)`"
        elif isinstance(node, ast.Expr | ast.Assign) and (is_story or is_event):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if not any(isinstance(target, ast.Name) and target.id in later for target in targets):
                yield node.lineno, f"`{name}(…)` does nothing by itself; write `yield {'from ' if is_story else ''}{name}(…)`"


def _called(call: ast.Call, module: ModuleType, kind: type) -> tuple[str, bool, bool]:
    """What is called, and whether that is a story, or something to wait for."""
    function = call.func
    if isinstance(function, ast.Name):
        is_told_of_shop = any(isinstance(argument, ast.Name) and argument.id == "shop" for argument in call.args)
        return function.id, is_told_of_shop and inspect.isgeneratorfunction(vars(module).get(function.id)), False
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        owner: Any = {"shop": Shop, "self": kind}.get(function.value.id)
        story = inspect.isgeneratorfunction(getattr(owner, function.attr, None))
        return ast.unparse(function), story, owner is Shop and function.attr in EVENTS
    return "", False, False
