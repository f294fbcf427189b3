"""The functions of `sim`, and the results that they return, generated from signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib import import_module
from typing import Any

import sim

from .markdown import block, code, one_line, table, to

SECTIONS = {
    "Designs side by side": [
        "sim.compare", "sim.experiment.compare.Comparison", "sim.lab.plots.ComparisonPlots", "sim.experiment.compare.Result",
        "sim.experiment.compare.Objective", "sim.experiment.statistics.Estimate", "sim.experiment.statistics.Difference",
    ],
    "One morning": ["sim.run", "sim.lab.run.Run"],
    "A verdict": ["sim.check"],
    "Before any run": ["sim.lint"],
    "In Jupyter": ["sim.explore"],
    "Failure windows": [
        "sim.windows", "sim.failure_windows.matrix.Matrix", "sim.lab.plots.WindowsPlots",
        "sim.failure_windows.verdicts.Verdict",
    ],
    "Counterexamples": [
        "sim.hunt", "sim.counterexamples.hunt.Hunt", "sim.every", "sim.counterexamples.combinations.Every",
    ],
    "Why it went wrong": ["sim.explain", "sim.explanation.story.Explanation", "sim.lab.plots.ExplanationPlots"],
    "Sweeps": ["sim.sweep", "sim.experiment.sweep.Sweep", "sim.lab.plots.SweepPlots"],
    "Capacity and cost": [
        "sim.size", "sim.experiment.size.Sizings", "sim.experiment.size.Sizing", "sim.cost_curve",
        "sim.experiment.cost_curve.CostCurve", "sim.lab.plots.CostCurvePlots",
    ],
    "What moves the metrics": [
        "sim.sensitivity", "sim.experiment.swings.Swings", "sim.lab.plots.SwingsPlots", "sim.experiment.screening.Screening",
        "sim.what_if", "sim.experiment.what_if.WhatIf",
    ],
    "The designs that nobody beats": ["sim.optimise", "sim.experiment.optimise.Optimum", "sim.lab.plots.OptimumPlots"],
    "The model against real parts": ["sim.twin", "sim.real.twin.twins.Twins", "sim.real.twin.comparison.Twin"],
    "Cells": ["sim.cells", "sim.experiment.cells_compared.CellsCompared"],
    "Cases with a known answer": ["sim.validity", "sim.validation.cases.Validity"],
    "Files": ["sim.load_scenario", "sim.load_design", "sim.parse_scenario", "sim.parse_design", "sim.schema"],
}  # fmt: skip
PART = re.compile(r"^(Args|Returns|Raises):\n", flags=re.M)  # of a docstring
ENTRY = re.compile(r"^    (\w+): ", flags=re.M)


def functions() -> str:
    """A table of the functions, each with its first sentence."""
    names = [name for listed in SECTIONS.values() for name in listed if inspect.isfunction(_found(name))]
    return table(("function", "what it does"), ((to(name, code(name)), _parts(_found(name))[""][0]) for name in names))


def sections() -> str:
    return "\n\n".join(f"## {title}\n\n" + "\n\n".join(map(_section, names)) for title, names in SECTIONS.items())


def _found(name: str) -> Any:
    module, _, last = name.rpartition(".")
    return getattr(sim if module == "sim" else import_module(module), last)


def _section(name: str) -> str:
    thing = _found(name)
    if inspect.isfunction(thing):
        return "\n\n".join([f"### {name}", block(signature(name, thing), "python"), *_prose(thing)])
    rows = [(code(head), one_line(text)) for head, text in _members(thing)]
    return "\n\n".join([f"### {thing.__name__}", *_prose(thing), *([table(("member", "what it is"), rows)] if rows else [])])


def signature(name: str, function: Callable[..., Any], *, own: bool = False) -> str:
    """A call with its parameters, in as many lines as it needs; `own`: without `self`."""
    shape = inspect.signature(function)
    kept = list(shape.parameters.values())[int(own) :]
    lines = [_parameter(one) for one in kept]
    first = next((place for place, one in enumerate(kept) if one.kind is one.KEYWORD_ONLY), None)
    if first is not None:
        lines.insert(first, "*")
    answer = f" -> {shape.return_annotation}"
    flat = f"{name}({', '.join(lines)}){answer}"
    return flat if own or len(flat) <= 100 else f"{name}(\n" + "".join(f"    {line},\n" for line in lines) + f"){answer}"


def _parameter(one: inspect.Parameter) -> str:
    return f"{one.name}: {one.annotation}" + ("" if one.default is one.empty else f" = {one.default!r}")


def _parts(thing: Any) -> dict[str, list[str]]:
    """A docstring's paragraphs, under "", and what is under Args, Returns and Raises."""
    prose, *rest = PART.split(inspect.getdoc(thing) or "")
    return {"": prose.strip().split("\n\n")} | {name: [text] for name, text in zip(rest[::2], rest[1::2], strict=True)}


def _prose(thing: Any) -> Iterator[str]:
    parts = _parts(thing)
    for paragraph in parts[""]:
        yield paragraph if paragraph.startswith(("    ", "- ")) else one_line(paragraph)
    if "Args" in parts:
        yield table(("argument", "what it is"), _entries(parts["Args"][0]))
    if "Returns" in parts:
        yield f"**Returns** {one_line(parts['Returns'][0])}"
    if "Raises" in parts:
        yield "**Raises** " + " ".join(f"{name}: {text}" for name, text in _entries(parts["Raises"][0]))


def _entries(text: str) -> list[tuple[str, str]]:
    _, *rest = ENTRY.split(text)
    return [(code(name), one_line(meaning)) for name, meaning in zip(rest[::2], rest[1::2], strict=True)]


def _members(kind: type) -> Iterator[tuple[str, str]]:
    """Public attributes and methods that have a docstring, in the order in which they are written."""
    for name, value in vars(kind).items():
        value = value.__func__ if isinstance(value, staticmethod | classmethod) else value
        text = value.__doc__ if inspect.isfunction(value) or isinstance(value, property | cached_property) else None
        if text and not name.startswith("_"):
            is_method = inspect.isfunction(value)
            yield (signature(name, value, own=True) if is_method else name), inspect.cleandoc(text)
