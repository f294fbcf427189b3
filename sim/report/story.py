"""An explanation as files and as lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sim.explanation.mermaid import sequence as as_mermaid
from sim.explanation.moments import StoryLine, times_text
from sim.explanation.remedy import Remedy
from sim.explanation.story import Explanation
from sim.ledger.violations import VIOLATIONS
from sim.report.files import files_of
from sim.report.folder import Ours, named

TEXT, MERMAID, CHART = "story.txt", "sequence.mmd", "sequence"
FILES = named(TEXT, MERMAID, charts=[CHART])


def write_story(
    explanation: Explanation, folder: Path, *, command: str, beside: Mapping[str, str] | None = None,
    ours: Ours = FILES.__contains__,
) -> Path:  # fmt: skip
    """The story as text, and its diagram as SVG, PNG and Mermaid, in a folder that appears when all is written.

    `beside`: other texts, by the names of their files. `ours`: whether a file that is there already may be replaced. Raises
    ConfigError if the folder holds anything else, or can't be written.
    """
    from sim.report import sequence  # matplotlib takes a second to import
    from sim.style import figure_of

    with files_of(folder, ours=ours) as files:
        for name, text in (beside or {}).items():
            files.text(name, text)
        files.text(TEXT, "\n".join(as_text(explanation, command=command)) + "\n")
        files.text(MERMAID, as_mermaid(explanation.moments))
        files.chart(CHART, figure_of(sequence.draw(explanation)))
    return folder


def line(explanation: Explanation, moment: StoryLine) -> tuple[str, str, str, str]:
    """When, who, what, and what a party believes from then on."""
    who = f"{_name(moment.who)} → {_name(moment.to)}" if moment.to else _name(moment.who)
    belief = f"{_name(moment.belief[0])}: {moment.belief[1]}" if moment.belief else ""
    mark = "VIOLATION: " if moment.kind == "violation" else ""
    return explanation.clock(moment.at_s), who, f"{mark}{moment.text}{times_text(moment)}", belief


def _name(party: str) -> str:
    return {"read_model": "status view", "payment": "payment worker"}.get(party, party)


def as_text(explanation: Explanation, *, command: str) -> list[str]:
    """The whole story in plain lines."""
    lines = [explanation.sentence, f"{explanation.design.name} in {explanation.scenario.name}: {command}", ""]
    for number, moment in enumerate(explanation.moments, 1):
        at, who, what, belief = line(explanation, moment)
        lines.append(f"{number:3}  {at}  {who}: {what}" + (f"   [{belief}]" if belief else ""))
    return [*lines, "", *closing(explanation)]


def closing(explanation: Explanation) -> list[str]:
    """What would have closed it, a line each, cheapest change first; and what would have done another harm instead."""
    if not explanation.tried:
        return []
    lines = [f"None of the {explanation.tried} changes that were tried leaves this customer unharmed on this morning."]
    if explanation.remedies:
        lines = ["What would have prevented it, on the same morning:"]
        if all(remedy.architecture for remedy in explanation.remedies):
            lines = ["No single knob that was tried would have prevented it, but another architecture would have:"]
        lines += [f"  {remedy.text}   ({_others(remedy)})" for remedy in explanation.remedies]
    if explanation.trades:
        lines.append("What would have prevented it, but harmed this customer in another way:")
        lines += [f"  {remedy.text}   ({_traded(explanation, remedy)})" for remedy in explanation.trades]
    return lines


def _traded(explanation: Explanation, remedy: Remedy) -> str:
    """New harm and harm that stays: `this customer instead was told the opposite of the truth; still got no loyalty points`."""
    new = [f"instead {VIOLATIONS[kind].clause}" for kind in remedy.instead if kind not in explanation.witness.kinds]
    old = [f"still {VIOLATIONS[kind].clause}" for kind in remedy.instead if kind in explanation.witness.kinds]
    return f"this customer {'; '.join([*new, *old])}"


def _others(remedy: Remedy) -> str:
    """How many other purchases were harmed in this way, before the change and with it."""
    spared = "; what struck here finds nothing to strike there" if remedy.spared else ""
    return f"purchases harmed in this way that morning: {remedy.before} before, {remedy.after} with it{spared}"
