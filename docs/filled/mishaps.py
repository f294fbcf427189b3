"""What every combination of mishaps finds in the bundled designs, and with how many it opens each failure window."""

from __future__ import annotations

import json
from typing import NamedTuple

from docs.certify import BOUNDS, CERTIFIED, file_of
from sim.architectures import design_names, load_design
from sim.config.library import load_scenario, names
from sim.config.writing import flow
from sim.counterexamples.alphabet import ALPHABET, NOT_IN_IT
from sim.counterexamples.combinations import Every, every
from sim.ledger.violations import VIOLATIONS
from sim.report.mishaps import clause

from .markdown import code, table

BOUND = 2


class Opened(NamedTuple):
    """A design in which a window is open, and the kinds of mishaps that it is about; or why there are none."""

    design: str = ""
    kinds: tuple[str, ...] = ()
    why_not: str = ""


SPELL, CHALLENGE = "it needs many customers at once", "payments that customers finish at the provider are not in the alphabet"
WINDOWS = {
    "W1": Opened("naive", ("customer",)),
    "W2": Opened("naive", ("answer",)),
    "W3": Opened("key-per-submission", ("customer",)),
    "W4": Opened("no-provider-key", ("crash",)),
    "W5": Opened("no-provider-key", ("call",)),
    "W6": Opened("same-key-for-ever", ("call",)),
    "W7": Opened("dual-write", ("crash",)),
    "W8": Opened("no-inbox", ("crash",)),
    "W9": Opened("trusted-webhooks", ("webhook",)),
    "W10": Opened("trusted-webhooks", ("webhook",)),
    "W11": Opened("forgetful-keys", ("request",)),
    "W12": Opened("no-provider-key", ("pause",)),
    "W13": Opened("no-reconciler", ("call",)),
    "W14": Opened("check-then-insert", ("slow",)),
    "W15": Opened("no-fingerprint", ("customer",)),
    "W16": Opened("hasty-key", ("call",)),
    "W17": Opened("proxy-repeats", ("slow",)),
    "W18": Opened("library-new-keys", ("call",)),
    "W19": Opened(why_not="a commit whose answer is lost is an error of the database, which is not in the alphabet"),
    "W20": Opened(why_not=SPELL),
    "W21": Opened(why_not=CHALLENGE),
    "W22": Opened(why_not=CHALLENGE),
    "W23": Opened(why_not="the bundled designs release or capture what they authorise; the window is open in none of them"),
    "W24": Opened("check-then-mark", ("customer",)),
    "W25": Opened("reads-behind", ("customer",)),
    "W26": Opened("cancels-unpaid", ("crash", "instance")),
    "W27": Opened(why_not="accounts are not in the alphabet"),
    "W28": Opened(why_not="accounts are not in the alphabet"),
    "W29": Opened(why_not="renewals are not in the alphabet"),
    "W30": Opened("commits-late", ("message",)),
    "W31": Opened(why_not="`holds-until-due` keeps messages for an hour, which is longer than the world lasts"),
    "W32": Opened(why_not="dead letters are not in the alphabet"),
    "W33": Opened(why_not="agents are not in the alphabet"),
    "W34": Opened(why_not="other cards are not in the alphabet"),
}


def alphabet() -> str:
    rows = [(code(kind), row.words) for kind, row in ALPHABET.items()]
    return table(("kind", "what goes wrong"), rows) + f"\n\nNot in it: {NOT_IN_IT}."


def by_design() -> str:
    """The fewest mishaps that break each bundled design, in a world of one purchase, or of two."""
    rows = []
    for name in design_names():
        found = every(load_design(name), (), mishaps=1, jobs=1)
        if found.found is None:
            pair = every(load_design(name), (), mishaps=1, purchases=2, jobs=1)
            if pair.found is not None:
                number, which, broken = _what(pair)
                rows.append((code(name), f"{number}, with two customers", which, broken))
                continue
        rows.append((code(name), *_what(found)))
    return table(("design", "mishaps", "which", "what breaks"), rows)


def _what(found: Every) -> tuple[str, str, str]:
    if found.found is None:
        return f"more than {found.mishaps}", "", f"nothing, in {found.runs} runs"
    scenario = found.scenario
    assert scenario is not None
    broken = [promise.replace("_", " ") for promise in found.found.broken]
    broken += [f"a customer {VIOLATIONS[kind].clause}" for kind in found.found.harm]
    which = "; ".join(clause(one) for one in scenario.mishaps)
    return str(len(scenario.mishaps)), which, ", ".join(broken)


def by_window() -> str:
    """The fewest mishaps that open each failure window in a design that leaves it open."""
    titles = {label: rest for label, _, rest in (load_scenario(name).summary.partition(" ") for name in names("windows"))}
    rows = []
    for label, title in titles.items():
        opened = WINDOWS[label]
        if not opened.design:
            rows.append((label, title, "", "", opened.why_not))
            continue
        found = every(load_design(opened.design), (), mishaps=BOUND, kinds=opened.kinds, jobs=1)
        number, which, _ = _what(found)
        rows.append((label, title, code(opened.design), number, which))
    return table(("", "failure window", "in", "mishaps", "which"), rows)


def certified() -> str:
    """What the committed certificates say."""
    rows = []
    for name in CERTIFIED:
        for bound in BOUNDS:
            known = json.loads(file_of(name, *bound).read_text(encoding="utf-8"))
            runs = ", ".join(f"{level['runs']:,}" for level in known["levels"])
            rows.append((code(name), str(known["mishaps"]), str(known["purchases"]), known["verdict"], runs))
    return table(("design", "mishaps", "customers", "verdict", "runs, by number of mishaps from 0 on"), rows)


def shown() -> str:
    """A counterexample as it is found."""
    found = every(load_design("check-then-insert"), (), mishaps=1, jobs=1)
    assert found.found is not None
    return "```yaml\nmishaps:\n" + "\n".join(f"  - {flow(one)}" for one in found.found.mishaps) + "\n```"
