"""Find mistakes in a user's file without running its stories.

These are: names that would make two runs differ, steps that are called but never run, processes started past the shop, and
code that would go on after its process has crashed.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from itertools import accumulate
from types import ModuleType
from typing import Any

from sim.world.shop import Shop

EVENTS = ("compute", "sleep")  # the shop's steps that are events, waited for with `yield`; all others need `yield from`
DIFFER = "two runs would differ"
WAITING = "the time of the morning is shop.env.now, and a story waits with `yield shop.sleep(seconds)`"
OUTSIDE = "a story runs inside a simulated morning; anything outside of it differs between two machines"
COUNTS = "what counts and judges is not a story's business"
REFUSED = {
    "random": DIFFER, "secrets": DIFFER, "uuid": DIFFER, "numpy.random": DIFFER, "hash": DIFFER, "id": DIFFER,
    "time": WAITING, "datetime": WAITING, "asyncio": WAITING, "threading": WAITING,
    "os": OUTSIDE, "subprocess": OUTSIDE, "multiprocessing": OUTSIDE, "signal": OUTSIDE, "socket": OUTSIDE,
    "sys.stdout": "that is for results; `print` writes to stderr",
    "sim.ledger": COUNTS, "sim.kata": COUNTS, "sim.experiment": COUNTS, "sim.cli": COUNTS, "gc": OUTSIDE, "inspect": OUTSIDE,
}  # fmt: skip
PROMISES = "sim.ledger.promises"  # what a design says that it will be held to
BUILTIN = ("hash", "id")  # Python's functions of these names; a user's own functions may be called so
UNGUARDED = "mistakes in such a story go unnoticed; begin it with `shop.background(…)` in set_up, or with `shop.start(…)`"
INSIDE = "that is inside of something that is not yours; a story uses the steps of the shop, and what they give it"
REACHING, ALL_AT_ONCE = ("getattr", "setattr", "delattr"), ("vars", "globals")
BROAD = ("Exception", "BaseException", "Crash")


def refused(tree: ast.Module) -> list[tuple[int, str]]:
    """Line and message for each use of a name in `REFUSED`, also by an alias or as an attribute (`np.random`).

    This is checked before the file is run.
    """
    known: dict[str, str] = {}  # name in the file -> the module or object that was imported under it
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    uses: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            before = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                known[alias.asname or alias.name.partition(".")[0]] = before + (alias.name if alias.asname or before else "")
                uses.append((node.lineno, before + alias.name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            uses += [(node.lineno, name) for name in BUILTIN if name == node.func.id and name not in own]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
            uses.append((node.lineno, f"{known[node.value.id] or node.value.id}.{node.attr}"))
    inside = [(line, f"`{what}`: {INSIDE}") for line, what in _insides(tree)]
    judging = [(line, name) for line, name in uses if not name.startswith(PROMISES)]
    parts = ((line, part) for line, name in judging for part in accumulate(name.split("."), "{}.{}".format))
    return sorted({*inside, *((line, f"{part}: {REFUSED[part]}") for line, part in parts if part in REFUSED)})


def _insides(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Uses of what belongs to somebody else: an attribute that begins with an underscore, and that the file doesn't define; or
    all attributes at once.
    """
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    defined |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and node.attr not in defined and not _is_own(node):
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            named = [argument.value for argument in node.args[1:2] if isinstance(argument, ast.Constant)]
            hidden = node.func.id in REACHING and (not named or str(named[0]).startswith("_"))
            if hidden or node.func.id in ALL_AT_ONCE:
                yield node.lineno, f"{node.func.id}(…)"


def _is_own(node: ast.Attribute) -> bool:
    """An attribute of the object itself."""
    return isinstance(node.value, ast.Name | ast.Call) and ast.unparse(node.value) in ("self", "cls", "super()")


def slips(text: str, module: ModuleType, kind: type) -> list[tuple[int, str]]:
    """Line and message for each mistake in the stories of the class `kind` in the file `text`, loaded as `module`."""
    tree = ast.parse(text)
    mistakes = [*_catching(tree), *_unguarded(tree)]
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            mistakes += _never_run(function, module, kind)
        elif isinstance(function, ast.AsyncFunctionDef):
            mistakes.append((function.lineno, f"{function.name}: a story is written with `def` and `yield`, without `async`"))
    return sorted(set(mistakes))


def _unguarded(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Processes that are started with `env.process`, and not by the shop, which guards them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "process" and ast.unparse(node.value).endswith("env"):
            yield node.lineno, f"`{ast.unparse(node)}`: {UNGUARDED}"


def _catching(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """A crash ends a process at once: a story may neither catch its own crash nor `yield` in `finally`."""
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
                        "this `except` would catch the crash of the process that runs the story; nothing need be caught: what "
                        "goes wrong at the provider is an Outcome"
                    ),
                )
        if _waits(node.finalbody):
            yield node.finalbody[0].lineno, "a `yield` in `finally`: a process that has died does nothing more"


def _waits(body: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for statement in body for node in ast.walk(statement))


def _never_run(function: ast.FunctionDef, module: ModuleType, kind: type) -> Iterator[tuple[int, str]]:
    """Steps that are called and never run, because the `yield` or `yield from` in front of them is missing or wrong."""
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
    """The name of what is called, whether it is a story (`yield from`), and whether it is an event (`yield`)."""
    function = call.func
    if isinstance(function, ast.Name):
        takes_shop = any(isinstance(argument, ast.Name) and argument.id == "shop" for argument in call.args)
        return function.id, takes_shop and inspect.isgeneratorfunction(vars(module).get(function.id)), False
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        owner: Any = {"shop": Shop, "self": kind}.get(function.value.id)
        story = inspect.isgeneratorfunction(getattr(owner, function.attr, None))
        return ast.unparse(function), story, owner is Shop and function.attr in EVENTS
    return "", False, False
