"""What code in the process of a class does to that process changes nothing outside: not the books, and not the points."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.architectures import load_design
from sim.config.errors import ConfigError
from tests.architectures.test_seal import FILE, TOUCHING
from tests.kata.apart.told import apart, facts, morning, written
from tests.tiers import slow

CLASS = {"imports": "", "set_up": "pass", "before": "pass", "after": "pass"}
OS = "import importlib\nos, front = map(importlib.import_module, ('os', 'sim.kata.apart.front'))"
COUNTING = "import importlib\ncounting = importlib.import_module('sim.led' 'ger.{}')"
HARMLESS = {  # the same morning as without it
    "the bill": {"imports": COUNTING.format("costs"), "set_up": "counting.bill = lambda *a, **k: None"},
    "a metric": {"imports": COUNTING.format("metrics"), "set_up": "counting.COMPUTE['double_charge_rate'] = lambda t, b: 0"},
    "a law": {"imports": COUNTING.format("laws"), "set_up": "counting.assert_laws = lambda tally: None"},
    "the check": {"imports": "import importlib\ncheck = importlib.import_module('sim.kata.check')\ncheck.check = None"},
    "a printed result": {"after": 'print(\'{"stages": [{"points": 20, "reasons": []}] * 5}\')'},
    "another clock": {"after": "shop.env.now = 0.0"},
    "the ledger of tomorrow": {
        "after": "now, later = (shop.provider.ledger([], 0, before_s=s) for s in (shop.env.now, 1e9))\nassert now == later"
    },
    "another component": {"imports": OS, "set_up": "front.Shop.component = 'checkout'"},
    "the orders of the class": {"imports": OS, "after": "front.Order.settled = property(lambda order: True)"},
    "what was told of an order": {"imports": OS, "after": "front.Order.hear(reply.order, [0] * 14 + [[], 0, None])"},
}
WORSE = {  # steps that are not taken: as if the story didn't have them
    "another step of the shop": (TOUCHING["another step of the shop"], "publish"),
    "a provider of one's own": (
        {"imports": OS, "set_up": "front.Shop.charge = lambda shop, order: ((yield from ()), 1)[1]"}, "charge"
    ),
}  # fmt: skip
ERRORS = {name: cheat for name, cheat in TOUCHING.items() if name not in (*WORSE, *HARMLESS)} | {
    "a result in every open file": {
        "imports": OS, "after": "for file in range(3, 999):\n    try:\n        os.write(file, b'{\"stages\": []}' * 9)\n"
                                "    except OSError:\n        pass"},
    "every file closed": {"imports": OS, "after": "os.closerange(3, 999)"},
    "an order's status": {"after": "reply.order.status = 2"},
    "a request's price": {"before": "request.cents = 1"},
    "a request's key": {"before": "request.key = None"},
    "a guard that lets everything pass": {
        "imports": OS, "before": "shop.watch = lambda kind, story: story\n"
                                 "front.Shop.compute = lambda shop, request: shop.sleep(-5.0)"},
    "an order of the class's own": {
        "imports": OS, "before": "orders = map(front.Order, [None], [999])\nyield from shop.charge(next(orders))"},
    "a dead process": {"imports": OS, "after": "os._exit(0)"},
    "a design that changes": {"after": "type(self).promises = ('changed',)"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def cheating(cheat: dict[str, str]) -> str:
    """The file of naive with something added."""

    def indented(text: str) -> str:
        return "\n".join(f"        {line}" for line in text.splitlines())

    parts = CLASS | cheat
    return written(FILE.format(imports=parts.pop("imports"), **{name: indented(text) for name, text in parts.items()}))


@pytest.mark.parametrize("name", slow(HARMLESS, but=["a metric"]))
def test_what_changes_nothing(name: str) -> None:
    """The morning is that of the class without it, byte by byte."""
    with apart(cheating(HARMLESS[name])) as design:
        told = facts(morning(design))
    assert told == facts(morning(load_design(cheating({}))))


@pytest.mark.parametrize("name", slow(WORSE))
def test_a_step_that_is_not_taken_has_no_effect(name: str) -> None:
    """What the class believes of it is not asked: nobody has charged, nobody has heard."""
    cheat, step = WORSE[name]
    with apart(cheating(cheat)) as design:
        tables = morning(design)
    honest = morning(load_design(cheating({})))
    if step == "charge":
        assert len(tables.charges) == 0 < len(honest.charges)
    else:
        assert tables.counts["broker_published"] == 0 < honest.counts["broker_published"]


@pytest.mark.parametrize("name", slow(ERRORS, but=["charges taken off the books", "an order's status"]))
def test_what_is_an_error(name: str) -> None:
    """Of the file, in words."""
    with pytest.raises(ConfigError, match=r"^mine\.py"), apart(cheating(ERRORS[name])) as design:
        morning(design)


@pytest.mark.slow
def test_mistakes_are_told_as_if_the_class_ran_here() -> None:
    """With line, customer and time."""
    for mistake in (
        {"before": "yield 5"}, {"before": "yield shop.sleep(-1)"}, {"before": "shop.pay(request)"}, {"after": "return 7"},
        {"before": "1 / 0"}, {"before": "while True:\n    yield shop.sleep(0)"}, {"set_up": "1 / 0"},
    ):  # fmt: skip
        file = cheating(mistake)
        with pytest.raises(ConfigError) as told, apart(file) as design:
            morning(design)
        with pytest.raises(ConfigError) as expected:
            morning(load_design(file))
        assert str(told.value) == str(expected.value)
    with (
        pytest.raises(ConfigError, match=r"^mine\.py:16: settle: outcome: expected Outcome, not int 99 \(customer 1,"),
        apart(cheating({"after": "yield from shop.settle(reply.order, 99)"})) as design,
    ):
        morning(design)


def test_an_endless_instruction_is_told_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python can't interrupt it, so the process ends itself, and says where it was."""
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")
    file = cheating({"imports": "x = 5", "before": "import importlib\nimportlib.import_module('os').abort()"})
    line = 1 + next(number for number, text in enumerate(Path(file).read_text().splitlines()) if "abort" in text)
    expected = rf"^mine\.py:{line}: the process of this class has ended: Aborted"
    with pytest.raises(ConfigError, match=expected), apart(file) as design:
        morning(design)


@pytest.mark.slow
def test_an_instruction_without_an_end_is_told_as_that() -> None:
    """And not by the outermost frame of the process, which is the last line that Python prints of it."""
    file = cheating({"before": "9**9**9"})
    line = next(number for number, text in enumerate(Path(file).read_text().splitlines(), 1) if "9**9**9" in text)
    expected = rf"^mine\.py:{line}: the process of this class has ended: it was in one line for 20 s without a `yield`"
    with pytest.raises(ConfigError, match=expected), apart(file) as design:
        morning(design)
