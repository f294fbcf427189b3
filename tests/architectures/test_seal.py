"""Nobody gets better numbers by reaching behind the steps of the shop: it is refused before the run, or caught after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.architectures import load_design
from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.experiment.mornings import simulate

WORLD = parse_scenario("""
name: tempting
clock: {start: "07:00", duration: 2min, drain: 5min}
traffic: {rate: 60/min}
customers: {double_tap: {p: 30%, gap: 300ms}}
provider: {latency: {constant: 500ms}, ambiguous: 20%, failed: 5%}
faults: [{crash: checkout, after: commit, p: 2%}]
""")
FILE = '''"""A checkout."""

from sim.architectures.naive import Naive
{imports}

class Mine(Naive):
    """Naive, and tempted."""

    def set_up(self, shop):
        super().set_up(shop)
{set_up}

    def handle(self, shop, request):
{before}
        reply = yield from super().handle(shop, request)
{after}
        return reply
'''
LEDGER = "import importlib\nledger = importlib.import_module('sim.led' + 'ger')"
REFUSED = "not a story's business|that is inside of something that is not yours|would differ|differs between"
CAUGHT = "was changed: a story uses the steps of the shop, and changes nothing behind them"


def simulated(tmp_path: Path, *, imports: str = "", set_up: str = "pass", before: str = "pass", after: str = "pass") -> None:
    def indented(text: str) -> str:
        return "\n".join(f"        {line}" for line in text.splitlines())

    file = tmp_path / "mine.py"
    text = FILE.format(imports=imports, set_up=indented(set_up), before=indented(before), after=indented(after))
    file.write_text(text)
    simulate(WORLD, load_design(str(file)), load_prices(WORLD.prices), 0)


def test_an_honest_story_is_not_suspected(tmp_path: Path) -> None:
    """Nor is one with private methods and attributes of its own."""
    simulated(tmp_path)
    file = tmp_path / "own.py"
    file.write_text(FILE.format(imports="", set_up="        self._note(shop)", before="        pass", after="        pass")
                    + "\n    def _note(self, shop):\n        return Mine._kind\n\n    _kind = 3\n")  # fmt: skip
    simulate(WORLD, load_design(str(file)), load_prices(WORLD.prices), 0)


REACHING = {
    "latency": {"set_up": "shop.provider._latency_s = lambda purchase, attempt: 0.001"},
    "fate": {"set_up": "shop.provider._fate = lambda purchase, attempt: 0.5"},
    "knobs": {"set_up": "shop.provider._knobs = shop.provider._knobs.model_copy(update={'failed': 0.0})"},
    "strikes": {"set_up": "shop._strikes.clear()"},
    "plan": {"set_up": "shop._plan.strikes.clear()"},
    "peeking": {"after": "last = shop.provider._result[-1]"},
    "peeking at when": {"after": "done = shop.provider._done_s"},
    "through a variable": {"after": "part = shop.provider\nlast = part._result"},
    "by getattr": {"after": "last = getattr(shop.provider, '_result')"},
    "by setattr": {"set_up": "setattr(shop.provider, '_fate', lambda purchase, attempt: 0.5)"},
    "by a name that is put together": {"set_up": "setattr(shop.provider, '_fa' + 'te', lambda purchase, attempt: 0.5)"},
    "by vars": {"set_up": "vars(shop.provider)['_fate'] = lambda purchase, attempt: 0.5"},
    "by __dict__": {"set_up": "shop.provider.__dict__['_fate'] = lambda purchase, attempt: 0.5"},
    "by the class": {"set_up": "shop.provider.__class__.charge = None"},
    "the audit": {"imports": "import sim.ledger.audit", "set_up": "sim.ledger.audit.audit = None"},
    "the kata": {"imports": "from sim.kata.check import check"},
    "memory of the process": {"imports": "import os", "after": "os._exit(0)"},
}
TOUCHING = {
    "charges taken off the books": {"after": "for row in range(len(shop.provider.charges.captured_s)):\n"
                                             "    shop.provider.charges.captured_s[row] = float('nan')"},
    "one charge given back on paper": {"after": "charges = shop.provider.charges\n"
                                                "if len(charges.captured_s) > 3:\n    charges.refunded_s[3] = shop.env.now"},
    "somebody else's charge": {"after": "charges = shop.provider.charges\n"
                                        "if len(charges.purchase):\n    charges.purchase[-1] = 0"},
    "a cheaper charge": {"after": "if len(shop.provider.charges.cents):\n    shop.provider.charges.cents[-1] = 1"},
    "a charge struck out": {"after": "c = shop.provider.charges\n"
                                     "if len(c.cents) > 20 and shop.env.now > 100:\n"
                                     "    for column in (c.purchase, c.order, c.outcome, c.cents, c.sent_s, c.answered_s, "
                                     "c.captured_s, c.refunded_s):\n"
                                     "        column.pop()"},
    "another provider": {"set_up": "charge = shop.provider.charge\n"
                                   "shop.provider.charge = lambda order, *a, **k: charge(order, *a, **k)"},
    "another step of the shop": {"set_up": "shop.publish = lambda *a, **k: iter(())"},
    "the bill": {"imports": LEDGER, "set_up": "ledger.costs.bill = lambda *a, **k: None"},
    "a metric": {"imports": LEDGER, "set_up": "ledger.metrics.COMPUTE['double_charge_rate'] = lambda t, b: 0"},
    "a law": {"imports": LEDGER, "set_up": "ledger.laws.assert_laws = lambda tally: None"},
}  # fmt: skip


@pytest.mark.parametrize("cheat", REACHING)
def test_what_is_refused_before_the_run(tmp_path: Path, cheat: str) -> None:
    """With file and line: a story uses what the shop gives it."""
    with pytest.raises(ConfigError, match=REFUSED) as caught:
        simulated(tmp_path, **REACHING[cheat])
    assert str(caught.value).startswith(f"{tmp_path / 'mine.py'}:")


@pytest.mark.parametrize("cheat", TOUCHING)
def test_what_is_caught_after_it(tmp_path: Path, cheat: str) -> None:
    """Public names lead to the books as well, so there is a second copy."""
    before = snapshot()
    try:
        with pytest.raises(ConfigError, match=f"{CAUGHT}|the books of the morning"):
            simulated(tmp_path, **TOUCHING[cheat])
    finally:
        restore(before)


def snapshot() -> dict[str, dict[str, object]]:
    from sim.ledger import costs, laws, metrics

    return {module.__name__: dict(vars(module)) for module in (costs, laws, metrics)} | {"compute": dict(metrics.COMPUTE)}


def restore(before: dict[str, dict[str, object]]) -> None:
    """What a cheat has changed in this process."""
    from sim.ledger import costs, laws, metrics

    for module in (costs, laws, metrics):
        vars(module).update(before[module.__name__])
    metrics.COMPUTE.clear()
    metrics.COMPUTE.update(before["compute"])  # type: ignore[arg-type]
