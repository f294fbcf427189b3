"""What is bundled: scenarios, designs, provider presets, metrics and failure windows."""

from __future__ import annotations

from sim.architectures import architecture_of, design_names, load_design
from sim.config.library import load_scenario, names
from sim.config.presets import PRESETS
from sim.config.prices import Prices, load_prices
from sim.config.scenario import Scenario
from sim.config.writing import flow
from sim.failure_windows.matrix import FOLDER, bundled_windows, title
from sim.failure_windows.published import MARKS, MECHANISMS, PUBLISHED, SOURCES, reported
from sim.ledger.costs import BILL
from sim.vocabulary import METRICS

from .markdown import block, code, one_line, table

UNITS = {"share": "share", "s": "seconds", "USD": "USD", "count": "number"}
ARROWS = {"lower": "↓", "higher": "↑"}
KEYS = ("ttl", "in_flight", "mismatch", "stores_errors")


def scenarios() -> str:
    rows = [(code(name), load_scenario(name).summary) for name in names() if not name.startswith(f"{FOLDER}/")]
    return table(("scenario", "what happens"), rows)


def designs() -> str:
    found = {name: load_design(name) for name in design_names()}
    rows = [(code(name), code(architecture_of(design)), design.summary) for name, design in found.items()]
    return table(("design", "from", "what it is"), rows)


def presets() -> str:
    rows = []
    for name, preset in PRESETS.items():
        semantics = [preset.keys[key] if preset.keys else None for key in KEYS]
        cells = [f"{code(flow(known.value))} {known.mark}" if known else "" for known in semantics]
        source = f"[source]({preset.source})" if preset.source.startswith("http") else preset.source
        rows.append((code(name), preset.summary, *cells, source))
    return table(("preset", "what it is", *map(code, KEYS), ""), rows)


def metrics() -> str:
    """All metrics as a table; the three percentiles of a time share a row."""
    rows = []
    for name, metric in METRICS.items():
        formula, meaning = metric.formula, metric.summary
        if name.endswith(("_p95", "_p99")):
            continue
        if name.endswith("_p50"):
            stem = name.removesuffix("_p50")
            name, formula = f"{stem}_p50`, `{stem}_p95`, `{stem}_p99", formula.replace("50", "P")
            meaning = f"percentiles of {meaning.partition(' of ')[2]}"
        rows.append((code(name), f"{UNITS[metric.unit]}&nbsp;{ARROWS[metric.better]}", meaning, code(formula)))
    return table(("metric", "unit", "what it is", "formula"), rows)


def bill() -> str:
    """The parts of the bill, group by group."""
    rows = [(name, part.group, part.summary, code(part.formula)) for name, part in BILL.items()]
    return table(("part", "group", "what it is", "formula, in USD"), rows)


def prices() -> str:
    """Every line of the usual price table, with what it is."""
    known = load_prices(Scenario.model_fields["prices"].default)
    lines = {name: getattr(known, name) for name in Prices.model_fields if name != "name"}
    rows = [
        (code(name), f"{line.value:.12g}", Prices.model_fields[name].description or "", f"{line.source} {line.date}".strip())
        for name, line in lines.items()
    ]
    return table(("price", "value", "what it is", "source, and its date"), rows)


def windows() -> str:
    parts = []
    for label, name in bundled_windows().items():
        world = load_scenario(f"{FOLDER}/{name}")
        by_mark = {
            mark: [MECHANISMS[name].title for name, given in PUBLISHED.get(label, {}).items() if given == mark]
            for mark in "✓◐!"
        }
        words = {"✓": "Closed by", "◐": "Narrowed by", "!": "Made worse by"}
        closing = [f"{words[mark]}: {', '.join(titles)}." for mark, titles in by_mark.items() if titles]
        if reports := reported(label):
            closing.append(f"Reported in {', '.join(f'[{name}]({address})' for name, address in reports)}.")
        parts += [
            f"### {label} {title(world)}",
            one_line(world.story),
            " ".join(closing),
            block(f"coffee explain {label.lower()} naive", "sh"),
        ]
    return "\n\n".join(parts)


def published() -> str:
    rows = [(MECHANISMS[name].title, *(marks[name] for marks in PUBLISHED.values())) for name in MECHANISMS]
    legend = ", ".join(f"{mark} {meaning}" for mark, meaning in MARKS.items())
    sources = "; ".join(f"[{name}]({url})" if url.startswith("http") else f"{name} ({url})" for name, url in SOURCES)
    return f"{table(('mechanism', *PUBLISHED), rows)}\n\n{legend}. Sources: {sources}."
