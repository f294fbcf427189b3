"""`coffee list`: prints the names that commands and files take."""

from __future__ import annotations

from collections.abc import Iterator

from sim.architectures import ARCHITECTURES, design_names, load_design
from sim.cli.work.console import console, print_json, print_rows
from sim.config.errors import ConfigError, closest
from sim.config.library import load_scenario, names
from sim.config.presets import PRESETS
from sim.config.scenario import Scenario
from sim.documents.catalogue import document
from sim.vocabulary import METRICS, OPENINGS, Metric

INCIDENTS = "Incidents that were reported, and how they were mended: coffee compare NAME"


def list_(what: str | None, *, as_json: bool) -> None:
    worlds = {name: load_scenario(name) for name in names()}
    scenarios = {name: world.summary for name, world in worlds.items()}
    designs = {name: load_design(name).summary for name in design_names()}
    if as_json:
        if what is not None:
            raise ConfigError("--json lists everything; leave out WHAT")
        print_json(document(scenarios, designs))
        return
    out = console()
    built_in = {name: summary for name, summary in designs.items() if name in ARCHITECTURES}
    variants = {name: designs[name] for name in designs if name not in built_in}
    presets = {name: preset.summary for name, preset in PRESETS.items()}
    sections = [
        ("scenarios", "Scenarios: coffee compare NAME", _within(scenarios, "")),
        ("incidents", INCIDENTS, _within(_told(worlds), "incidents")),
        ("windows", "Failure windows, one at a time: coffee explain w4 DESIGN", _within(scenarios, "windows")),
        ("designs", "Designs: coffee run SCENARIO NAME", built_in),
        ("designs", "Variants of them, which differ in a knob or two", variants),
        ("presets", "Presets of a payment provider: `provider: {preset: NAME}`", presets),
        ("metrics", "Metrics, for the objectives of scenarios", dict(_metrics(METRICS))),
    ]
    stories = {name.rpartition("/")[2]: world.story for name, world in worlds.items()}
    chosen = [(title, _asked_for(what, kind, rows, stories)) for kind, title, rows in sections]
    width = max((len(name) for _, rows in chosen for name in rows), default=0) + 2
    if not width - 2:
        kinds = dict.fromkeys(kind for kind, _, _ in sections)
        hint = closest(what or "", kinds) or "; `coffee list` shows everything"
        raise ConfigError(f'nothing has "{what}" in its line or its story{hint}')
    for title, rows in chosen:
        if not rows:
            continue
        out.print(title, style="bold")
        print_rows(out, [(f"  {name}".ljust(width), line) for name, line in rows.items()], most=(width,))
        out.print()
    out.print("coffee show NAME prints a scenario or a design in full; coffee new FILE --from NAME writes a copy to edit.")


def _told(worlds: dict[str, Scenario]) -> dict[str, str]:
    """What was reported somewhere, with where it opens and whom it hurts, so that it is found by either."""
    return {
        name: f"{world.summary} ({OPENINGS[told.opens]}; {', '.join(told.hurts).replace('_', ' ')})"
        for name, world in worlds.items()
        if (told := world.reported) is not None
    }


def _asked_for(what: str | None, kind: str, rows: dict[str, str], stories: dict[str, str]) -> dict[str, str]:
    """All rows, if their kind is asked for or nothing is; else those with the word in their name, their line or their story."""
    if what is None or what == kind:
        return rows
    return {name: line for name, line in rows.items() if what.lower() in f"{name} {line} {stories.get(name, '')}".lower()}


def _within(scenarios: dict[str, str], folder: str) -> dict[str, str]:
    """Those in a folder, by their names without it."""
    parts = {name: name.rpartition("/") for name in scenarios}
    return {last: scenarios[name] for name, (inside, _, last) in parts.items() if inside == folder}


def _metrics(metrics: dict[str, Metric]) -> Iterator[tuple[str, str]]:
    """A line each; the three percentiles of a time share one."""
    for name, metric in metrics.items():
        if name.endswith("_p50"):
            yield f"{name}/p95/p99", f"seconds: percentiles of {metric.summary.partition(' of ')[2]}"
        elif not name.endswith(("_p95", "_p99")):
            unit = {"share": "share", "s": "seconds", "USD": "USD", "count": "number"}[metric.unit]
            yield name, f"{unit}{', more is better' if metric.more_is_better else ''}: {metric.summary}"
