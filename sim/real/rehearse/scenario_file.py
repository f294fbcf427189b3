"""A failing run as a scenario file with its mishaps, to be played again by the simulator."""

from __future__ import annotations

import re

from sim.config.service import Service
from sim.config.units import duration_text
from sim.config.writing import flow
from sim.real.rehearse.mishaps import as_lines, mappings_of, told
from sim.real.rehearse.stage import Run


def scenario_text(run: Run, service: Service, *, again_s: float, number: int) -> str:
    """The text of the file: one customer, everything as usual but the mishaps. Waiting times are those of the adapter."""
    name = re.sub(r"[^a-z0-9]+", "-", service.name.lower()).strip("-") or "service"
    mappings = mappings_of(run.plan, service, again_s=again_s)
    return "\n".join(
        [
            f"# A rehearsal of {flow(service.name)} did harm with this: {', '.join(run.broken)}.",
            f"name: {name}-{number}",
            f"summary: {flow(told(run.plan))}",
            'clock: {start: "07:00", duration: 1min, drain: 10min}',
            'traffic: {times: ["07:00"]}',
            "customers: {patience: {constant: 1h}, after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}}",
            f"provider: {{latency: {flow({'constant': duration_text(service.provider.latency)})}}}",
            as_lines(mappings),
            "",
        ]
    )
