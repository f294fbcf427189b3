"""Why the numbers can be trusted, as a page: cases with a known answer, the effect of assumptions, what is left out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined

from sim import words
from sim.experiment.compare import Comparison
from sim.experiment.estimates import holds
from sim.experiment.sensitivity import Effect
from sim.validation.agreement import Estimated, Row
from sim.validation.case import Checked
from sim.validation.cases import GROUPS
from sim.validation.erring import EXPERIMENTS, Erring, erring
from sim.version import VERSION
from sim.vocabulary import METRICS, shown_in

Z = 1.96  # of a 95 % interval
HEADLINES = shown_in("validity")
WORTH_TELLING = 0.01  # of the value as things are: smaller effects are left out
SCENARIO, MORNINGS = "morning-rush", 6  # on which assumptions are altered


class Effects(NamedTuple):
    """One altered assumption, and what it clearly does to each design."""

    name: str
    about: str
    value: str
    changed: str
    does: dict[str, list[str]]  # design -> sentences

    def cells(self, designs: Sequence[str]) -> list[str]:
        return ["; ".join(self.does.get(design, [])) or "–" for design in designs]


def page(done: Sequence[Checked], effects: Sequence[Effect], comparison: Comparison, *, mornings: int) -> str:
    """The page as Markdown. `effects` are from `mornings` mornings; `comparison` gives the variance saved by common ones."""
    template = Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701
    source = files("sim.report").joinpath("validity.md.j2").read_text(encoding="utf-8")
    told = list(told_of(effects))
    rows = [row for result in done for row in result.rows]
    by_case = {result.case.name: result for result in done}
    chance = [row for row in rows if row.simulated.se > 0]
    return template.from_string(source).render(
        version=VERSION,
        groups={group: [by_case[c.name] for c in cases if c.name in by_case] for group, cases in GROUPS.items()},
        rows=rows,
        purchases=sum(result.purchases for result in done),
        outside=sum(not within(row) for row in chance),
        chance=len(chance),
        differing=[row for row in rows if not row.agrees],
        number=number,
        interval=interval,
        effects=[effect for effect in told if any(effect.does.values())],
        silent=sorted({effect.name for effect in told} - {effect.name for effect in told if any(effect.does.values())}),
        designs=list(dict.fromkeys(effect.design for effect in effects)),
        baseline=next(iter(comparison.results)),
        mornings=mornings,
        scenario=comparison.scenario.name,
        headlines=HEADLINES,
        experiments=EXPERIMENTS,
        erring=by_kind(),
        savings={name: savings(comparison, name) for name in list(comparison.results)[1:]},
        compared=comparison.mornings,
    )


def by_kind() -> dict[str, list[Erring]]:
    """How often intervals and verdicts err, by the kind of mornings."""
    rows: dict[str, list[Erring]] = {}
    for one in erring():
        rows.setdefault(one.mornings.name, []).append(one)
    return rows


def within(row: Row) -> bool:
    """Whether the 95 % interval holds what is expected."""
    return abs(row.simulated.value - row.expected) <= Z * row.simulated.se


def number(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def interval(simulated: Estimated) -> str:
    """`0.498 [0.491, 0.505]`, with as many digits as the noise leaves; alone where nothing is left to chance."""
    if simulated.se == 0:
        return number(simulated.value)
    decimals = max(0, 1 - math.floor(math.log10(simulated.se)))
    low, high = simulated.value - Z * simulated.se, simulated.value + Z * simulated.se
    return f"{simulated.value:,.{decimals}f} [{low:,.{decimals}f}, {high:,.{decimals}f}]"


def told_of(effects: Sequence[Effect]) -> Iterator[Effects]:
    """Assumptions of the scenario with all designs in a row; each assumption of a design under its name, designs together."""
    rows: dict[tuple[str, str, str], Effects] = {}
    for effect in effects:
        key = (effect.input.name, effect.input.value, effect.value)
        row = rows.setdefault(key, Effects(effect.input.name, effect.input.about, effect.input.value, effect.value, {}))
        row.does[effect.design] = list(sentences(effect))
    yield from rows.values()


def sentences(effect: Effect) -> Iterator[str]:
    """`double_charge_rate +1.8 points`: clear effects on the headline metrics, and verdicts that turn."""
    for metric in HEADLINES:
        difference = effect.differences[metric].difference
        if difference is not None and effect.clear(metric) and abs(difference) >= WORTH_TELLING * effect.before[metric]:
            yield f"`{metric}` {words.difference(effect.differences[metric], METRICS[metric].unit)}"
    for metric, (before, after) in effect.turned.items():
        if "violated" in (before, after) and (holds(before) or holds(after)):
            yield f"**`{metric}` is {after}**"


def savings(comparison: Comparison, name: str) -> list[str]:
    """What common mornings leave of the variance of a design's differences, by headline metric."""
    shares = comparison.variance_shares(name)
    return [f"{shares[metric]:.2f}" if metric in shares else "–" for metric in HEADLINES]
