"""What a metric or a key of a file means: `coffee show ack_latency_p95`, `coffee show app.retry`."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from sim.architectures import ARCHITECTURES, design_names, is_own
from sim.cli.work.console import print_rows, print_title
from sim.config.bundled import full_name, is_path
from sim.config.design import Design
from sim.config.knobs import Knob, knobs
from sim.config.library import names
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.documents.description import KeyDescription, KeyPlace, MetricDescription, key, key_place, metric
from sim.vocabulary import METRICS

UNITS = {"share": "a share", "s": "seconds", "USD": "US dollars", "count": "a number"}


def meaning_of(name: str) -> MetricDescription | KeyDescription | None:
    """What a metric is, or a key with all that stand below it; None if there is neither, or a scenario or a design is meant."""
    if name in METRICS:
        return metric(name)
    if is_path(name) or is_own(name) or name in design_names() or full_name(name) in names():
        return None
    places = list(_places(name))
    return key(name, places) if places else None


def key_names() -> Iterator[str]:
    """All dotted keys of scenarios and designs."""
    yield from dict.fromkeys(".".join(knob.path) for _, model in _files() for knob in knobs(model, model))


def _places(name: str) -> Iterator[KeyPlace]:
    """The keys at that dotted name or below it. A key that is the same for several architectures comes once."""
    found: dict[tuple[str, str, str], tuple[Knob, list[str]]] = {}
    for where, model in _files():
        for knob in knobs(model, model):
            dotted = ".".join(knob.path)
            if dotted == name or dotted.startswith(f"{name}."):
                found.setdefault((dotted, knob.about, flow(knob.default)), (knob, []))[1].append(where)
    return (key_place(knob, files) for knob, files in found.values())


def _files() -> Iterator[tuple[str, Scenario | Design]]:
    yield "scenario", Scenario(name="any")
    yield from ((name, kind.model_validate({})) for name, kind in ARCHITECTURES.items())


def print_meaning(out: Console, meant: MetricDescription | KeyDescription) -> None:
    if meant["kind"] == "metric":
        _print_metric(out, meant)
        return
    for number, place in enumerate(meant["keys"]):
        if number:
            out.print()
        print_title(out, place["key"], place["description"])
        rows = [("  default", flow(place["default"])), ("  in", _where(place["files"]))]
        if place["words"]:
            rows.append(("  one of", ", ".join(place["words"])))
        rows += [(f"  {inner}", about) for inner, about in place["inside"].items()]
        print_rows(out, rows, most=(24,))


def _print_metric(out: Console, meant: MetricDescription) -> None:
    name = meant["name"]
    about = METRICS[name]
    print_title(out, name, meant["summary"])
    rows = [
        ("  in", UNITS[meant["unit"]]),
        ("  better", meant["better"]),
        ("  formula", f"{meant['formula']}   (its names: docs/reference/metrics.md)"),
        ("  objective", f"{name} in a scenario's objectives is {about.limits} what you give"),
    ]
    print_rows(out, rows, most=(14,))


def _where(files: list[str]) -> str:
    return "scenario files" if files == ["scenario"] else f"files of designs that start from {', '.join(files)}"
