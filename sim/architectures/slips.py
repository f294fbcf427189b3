"""What can be seen to be wrong in a story before it is told: steps that are never taken, and what a crash can't get past."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from sim.world.shop import Shop

EVENTS = ("compute", "sleep")  # steps of the shop that are waited for with a plain `yield`
DIFFER = "two runs would differ"
WAITING = "the time of the morning is shop.env.now, and a story waits with `yield shop.sleep(seconds)`"
REFUSED = {
    "random": DIFFER, "secrets": DIFFER, "uuid": DIFFER, "time": WAITING, "datetime": WAITING, "asyncio": WAITING,
    "threading": WAITING, "numpy.random": DIFFER, "os.urandom": DIFFER,
}  # fmt: skip
BROAD = ("Exception", "BaseException", "Crash")


def slips(text: str, module: ModuleType, kind: type) -> list[tuple[int, str]]:
    """Line and message of each."""
    tree = ast.parse(text)
    found = [*_imports(tree, module), *_catching(tree)]
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            found += _untold(function, module, kind)
        elif isinstance(function, ast.AsyncFunctionDef):
            found.append((function.lineno, f"{function.name}: a story is told by `def` and `yield`, without `async`"))
    return sorted(set(found))


def _imports(tree: ast.AST, module: ModuleType) -> Iterator[tuple[int, str]]:
    """Of what is refused, also as a part of something else: `np.random`."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            whole = vars(module).get(node.value.id)
            names = [f"{whole.__name__}.{node.attr}"] if isinstance(whole, ModuleType) else []
        yield from ((node.lineno, f"{name}: {REFUSED[name]}") for name in names if name in REFUSED)  # type: ignore[attr-defined]


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
