"""The mutants that mutmut doesn't make: of code outside functions (metrics, answers, promises, defaults, constants) and of
decorated functions.

They are made by mutmut's own operators. Each is tried in a fork that imports the changed module in place of the real one.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import libcst as cst
import numpy as np  # noqa: F401  so that the forks needn't, as with the others below
import pandas as pd  # noqa: F401
import pydantic  # noqa: F401
import pytest
import scipy.stats  # noqa: F401
from mutmut.configuration import config
from mutmut.mutation.file_mutation import MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import get_ignored_lines

LIMIT_S = 300  # of an endless loop


class Everywhere(MutationVisitor):
    """Visits decorated functions too."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        return not isinstance(node, cst.FunctionDef) and super()._skip_node_and_children(node)


class Changed(MetaPathFinder, Loader):
    """Finds one module with another text."""

    def __init__(self, name: str, path: Path, text: str) -> None:
        self.name, self.path, self.text = name, path, text

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        inside = [str(self.path.parent.resolve())] if self.path.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            self.name, self.path.resolve(), loader=self, submodule_search_locations=inside
        )

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.text, str(self.path), "exec"), module.__dict__)


def mutants(path: Path) -> Iterator[str]:
    """The module's text, changed in one place."""
    source = path.read_text()
    wrapper = cst.MetadataWrapper(cst.parse_module(source))
    visitor = Everywhere(mutation_operators, get_ignored_lines(str(path), source, wrapper, None))
    module = wrapper.visit(visitor)
    for mutation in visitor.mutations:
        within = mutation.contained_by_top_level_function
        if not isinstance(within, cst.FunctionDef) or within.decorators:
            yield cst.ensure_type(deep_replace(module, mutation.original_node, mutation.mutated_node), cst.Module).code


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def survives(path: Path, text: str) -> bool:
    """Whether all tests pass although the module has this text."""
    child = os.fork()
    if not child:
        signal.alarm(LIMIT_S)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        sys.meta_path.insert(0, Changed(module_name(path), path, text))
        own = f"tests/{path.parts[1]}"
        tests = sorted(config().pytest_add_cli_args_test_selection, key=lambda argument: not argument.startswith(own))
        os._exit(pytest.main(["-x", "-p", "no:randomly", *config().pytest_add_cli_args, *tests]))
    return os.waitpid(child, 0)[1] == 0


def which_survive(tried: list[tuple[Path, str]]) -> list[bool]:
    """As many at a time as there are processors."""
    with multiprocessing.get_context("fork").Pool() as pool:
        return pool.starmap(survives, tried, chunksize=1)


def control(paths: list[Path]) -> None:
    """All would be noticed if a module couldn't be imported this way, and nothing if the tests imported the real one."""
    survived = which_survive([(path, path.read_text()) for path in paths] + [(path, "") for path in paths])
    assert survived == [True] * len(paths) + [False] * len(paths), list(zip(paths * 2, survived, strict=True))
