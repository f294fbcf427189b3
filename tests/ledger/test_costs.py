"""The bill, line by line and to the cent: of mornings made by hand, and of a simulated one with a single customer."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.architectures import load_design
from sim.config.errors import ConfigError
from sim.config.library import names, parse_scenario
from sim.config.prices import Price, Prices, load_prices
from sim.ledger.audit import audit
from sim.ledger.costs import PARTS, Bill, bill, fee
from sim.ledger.records import Tables
from sim.ledger.tally import tally
from sim.vocabulary import Outcome, Status
from sim.world.cell import cells_of
from tests.ledger.test_audit import GOOD, NAN, OK, tables_of
from tests.worlds import ONE_CUSTOMER, design, judged, world

PRICES = load_prices("aws-us-east-1")
FEE = 0.4885  # of 6.50
CONTACT, DISPUTES = 8.0, 0.05 * 15
CHARGED_TWICE = 0.8 * (CONTACT + 0.2 * 6.5) + DISPUTES  # a contact and a voucher, or a dispute, for a charge of 6.50 too many
PAID_FOR_NOTHING = 0.9 * (CONTACT + 0.2 * 6.5) + DISPUTES
NOTHING = {name: 0.0 for names in PARTS.values() for name in names}


def billed(tables: Tables, prices: Prices = PRICES, name: str = "naive", **counts: int) -> Bill:
    zero = (
        "database_reads", "database_writes", "polls", "polls_from_cache", "broker_published", "broker_delivered",
        "authorisations",
    )  # fmt: skip
    tables.counts = dict.fromkeys(zero, 0) | counts
    return bill(tally(tables, audit(tables)), load_design(name), prices, basket_cents=650)


def without_capacity(of: Bill) -> dict[str, float]:
    return {name: usd for name, usd in of.parts.items() if usd and name not in ("compute", "database")}


def repriced(**values: float) -> Prices:
    return PRICES.model_copy(update={name: Price(value=value, source="assumption") for name, value in values.items()})


def test_the_published_fee() -> None:
    """2.9 % and 30 cents: 0.4885 of 6.50, 0.43601 of 4.69."""
    assert fee(650, PRICES) == pytest.approx(FEE, abs=1e-9)
    assert fee(469, PRICES) == pytest.approx(0.43601, abs=1e-9)
    assert fee(0, PRICES) == 0.3


LOST = [(Status.FAILED, Status.FAILED)]
ORPHAN: dict[str, Any] = {"charges": [(0, 2.0, NAN)], "orders": LOST}
HARMS: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "none": (GOOD, {"fees": FEE}),
    "charged twice": (
        GOOD | {"charges": [(0, 2.0, NAN), (0, 2.1, NAN)]},
        {"fees": 2 * FEE, "double charges": CHARGED_TWICE},
    ),
    "charged three times": (
        GOOD | {"charges": [(0, 2.0, NAN), (0, 2.1, NAN), (0, 2.2, NAN)]},
        {"fees": 3 * FEE, "double charges": 2 * CHARGED_TWICE},
    ),
    "charged twice and refunded": (
        GOOD | {"charges": [(0, 2.0, NAN), (0, 2.1, 9.0)]},
        {"fees": 2 * FEE, "double charges": CHARGED_TWICE},
    ),
    "charged and no coffee": (
        ORPHAN,
        {"fees": FEE, "paid, no order": PAID_FOR_NOTHING, "lost sales": 0.7 * 6.5},
    ),
    "charged twice and no coffee": (
        ORPHAN | {"charges": [(0, 2.0, NAN), (0, 2.1, NAN)]},
        {"fees": 2 * FEE, "paid, no order": PAID_FOR_NOTHING + 0.9 * 0.2 * 6.5, "lost sales": 0.7 * 6.5},
    ),
    "told failed, and charged": (
        GOOD | {"told_confirmed": False, "told_failed": True},
        {"fees": FEE, "wrong message": 0.2 * CONTACT},
    ),
    "left, and charged": (
        GOOD | {"told_confirmed": False, "left": True},
        {"fees": FEE, "wrong message": 0.2 * CONTACT},
    ),
    "nobody was charged": ({"charges": [(0, NAN, NAN)], "orders": LOST}, {"lost sales": 0.7 * 6.5}),
    "told yes, then declined": (
        {"orders": LOST, "acknowledged": True},
        {"told yes, then no": 0.05 * CONTACT, "lost sales": 0.7 * 6.5},
    ),
    "refunded, and made": (
        GOOD | {"charges": [(0, 2.0, 9.0)]},
        {"fees": FEE, "order given away": 0.3 * 6.5},
    ),
    "made twice, and paid once": (
        GOOD | {"orders": [OK, OK]},
        {"fees": FEE, "order given away": 0.3 * 6.5},
    ),
    "made three times, and paid twice": (
        GOOD | {"orders": [OK, OK, OK], "charges": [(0, 2.0, NAN), (1, 2.1, NAN)]},
        {"fees": 2 * FEE, "double charges": CHARGED_TWICE, "order given away": 0.3 * 6.5},
    ),
    "two awards too many": (GOOD | {"awards": [0, 0, 0]}, {"fees": FEE, "loyalty": 2 * 0.65}),
    "no award": (GOOD | {"awards": []}, {"fees": FEE, "loyalty": 0.1 * CONTACT}),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_each_harm_costs(harm: str) -> None:
    """Of one customer with a basket of 6.50, and of nobody else; each harm is paid for once."""
    happened, expected = HARMS[harm]
    assert without_capacity(billed(tables_of(**happened))) == pytest.approx(expected, abs=1e-9)


def test_a_customer_with_a_bad_card_is_no_lost_sale() -> None:
    """Nothing was charged, rightly."""
    tables = tables_of(charges=[(0, NAN, NAN)], orders=LOST)
    tables.purchases.good_card[0] = 0
    assert without_capacity(billed(tables)) == {}


@pytest.mark.parametrize(("cents", "usd"), [(650, 8.19), (8500, 0.8 * (8 + 0.2 * 85) + 0.75)])
def test_a_charge_too_many_costs_by_its_amount(cents: int, usd: float) -> None:
    """The voucher grows with it, the conversation and the dispute don't: 8.19 for a coffee, 20.75 for a ticket of 85 USD."""
    tables = tables_of(**GOOD | {"charges": [(0, 2.0, NAN), (0, 2.1, NAN)]})
    tables.charges.cents[0] = tables.charges.cents[1] = cents
    assert billed(tables).parts["double charges"] == pytest.approx(usd, abs=1e-9)


NOBODY_SERVED = """name: dark
clock: {start: "07:00", duration: 5min, drain: 15min}
traffic: {rate: 30/min, price: 85 USD}
"""
DARK = {
    "the provider": 'faults: [{outage: provider, at: "07:00", for: 20min}]',
    "the database": 'faults: [{outage: database, at: "07:00", for: 20min}]',
    "the network": "network: {request_lost: 100%}",
}


@pytest.mark.parametrize("who", DARK)
@pytest.mark.parametrize("cells", [1, 2])
def test_a_lost_sale_costs_the_same_whoever_failed(who: str, cells: int) -> None:
    """Seven tenths of 85 USD for each customer with a good card, though behind a dead database nobody calls the provider."""
    parts = [
        judged(parse_scenario(NOBODY_SERVED + DARK[who]), load_design("idempotent"), 0, cell)[1] for cell in cells_of(cells)
    ]
    people = sum(part.tally.found["purchases"] for part in parts)
    assert people > 100
    assert sum(part.bill.parts["lost sales"] for part in parts) == pytest.approx(people * 0.7 * 85)


def test_what_may_be_left_out_of_a_table(tmp_path: Path) -> None:
    """A table made before there were these lines stays valid; what it then has is what the bundled tables say."""
    text = Path("scenarios/prices/aws-us-east-1.yaml").read_text(encoding="utf-8")
    optional = [name for name, line in Prices.model_fields.items() if not line.is_required()]
    kept = [line for line in text.splitlines() if line.partition(":")[0] not in optional]
    assert len(kept) == len(text.splitlines()) - len(optional)
    (tmp_path / "mine.yaml").write_text("\n".join(kept), encoding="utf-8")
    assert load_prices(str(tmp_path / "mine.yaml")) == PRICES


def test_operations_and_messages() -> None:
    """Ten million reads, twenty million writes and, beside what a cache answers, thirty million polls, at 0.20 USD each;
    messages at 0.40 USD.
    """
    made = billed(
        tables_of(**GOOD), database_reads=10_000_000, database_writes=20_000_000, polls=37_000_000,
        polls_from_cache=7_000_000, broker_published=2_000_000, broker_delivered=3_000_000,
    )  # fmt: skip
    assert without_capacity(made) == pytest.approx({"fees": FEE, "operations": 12.0, "messages": 2.0}, abs=1e-9)


def test_a_provider_that_takes_money_for_attempts_and_refunds() -> None:
    """Three attempts at 11 cents and one refund at 7, beside the fees of both charges, which it keeps."""
    prices = repriced(fee_attempt=0.11, fee_refund=0.07)
    twice = tables_of(**GOOD | {"charges": [(0, 2.0, NAN), (0, 2.1, 9.0), (0, NAN, NAN)]})
    assert billed(twice, prices, authorisations=3).parts["fees"] == pytest.approx(2 * FEE + 0.33 + 0.07, abs=1e-9)
    assert billed(twice, authorisations=3).parts["fees"] == pytest.approx(2 * FEE, abs=1e-9)


BROKEN_LINK = ONE_CUSTOMER.replace("450ms}", "450ms}\n  ambiguous: 100%")
OUTAGE = 'faults: [{outage: provider, at: "07:00:00", for: 2s}]\n'


@pytest.mark.parametrize(
    ("text", "name", "calls", "attempts"),
    [
        (ONE_CUSTOMER, "naive", 1, 1),
        (ONE_CUSTOMER.replace("450ms}", "450ms}\n  declined: 100%"), "naive", 1, 1),
        (ONE_CUSTOMER + OUTAGE, "outbox", None, 1),
        (BROKEN_LINK, "outbox", None, 1),
        (ONE_CUSTOMER.replace("450ms}", "450ms}\n  failed: 100%"), "naive", None, 0),
    ],
)
def test_what_an_attempt_is(text: str, name: str, calls: int | None, attempts: int) -> None:
    """The card's bank is asked; not by a call that is refused before that, nor by one whose key has been seen."""
    tables, _ = judged(world(text), design(name))
    if calls is None:
        assert len(tables.charges) > 1
    else:
        assert len(tables.charges) == calls
    assert tables.counts["authorisations"] == attempts


def test_one_customer_line_by_line() -> None:
    """A morning of 10 s in naive: one virtual CPU, one database, two writes and a poll, a message told to two, a fee."""
    _, evidence = judged(world(), design("naive"))
    hours = 10 / 3600
    expected = NOTHING | {
        "compute": hours * (0.04048 + 2 * 0.004445), "database": hours * 0.225, "operations": 3 * 2e-7, "messages": 3 * 4e-7,
        "fees": FEE,
    }  # fmt: skip
    money = evidence.bill
    assert money.parts == pytest.approx(expected, abs=1e-12)
    assert money.correct == 1
    assert money.per_1000("infrastructure") == pytest.approx(1000 * (hours * 0.27437 + 1.8e-6))
    assert money.per_1000("provider fees") == pytest.approx(488.5)
    assert money.per_1000("failures") == 0
    assert money.per_1000() == pytest.approx(1000 * (hours * 0.27437 + 1.8e-6 + FEE))
    assert money.monthly() == pytest.approx(0.27437 * 730 + 30 * (1.8e-6 + FEE))  # 214.95


def test_a_double_charge_costs_eight_dollars_and_a_fee() -> None:
    """A checkout that dies after its commit makes naive charge twice: no purchase is right, so a right one costs infinitely."""
    _, evidence = judged(world(ONE_CUSTOMER + "faults: [{crash: checkout, after: commit, times: 1}]\n"), design("naive"))
    money = evidence.bill
    assert money.parts["fees"] == pytest.approx(2 * FEE)
    assert money.total("failures") == money.parts["double charges"] == pytest.approx(8.19)
    assert money.correct == 0
    assert money.per_1000() == np.inf


def test_the_parts_are_the_total() -> None:
    """Every part in one group, each group its parts, and the total all of them."""
    parts = {name: float(2**power) for name, power in zip(NOTHING, count())}
    _, evidence = judged(world(), design("naive"))
    money = Bill(parts, evidence.bill.capacity, 5, 4, PRICES)
    assert [money.total(group) for group in PARTS] == [1 + 2 + 4 + 8, 16, 32 + 64 + 128 + 256 + 512 + 1024 + 2048]
    assert money.total() == sum(money.total(group) for group in PARTS) == 4095
    assert [money.per_1000(group) for group in PARTS] == [money.total(group) * 250 for group in PARTS]
    assert set(evidence.bill.parts) == set(NOTHING)


EVERYTHING_WRONG: dict[str, Any] = {  # charged twice and once refunded, made three times, over-awarded, told "failed"
    "charges": [(0, 2.0, NAN), (0, 2.1, 9.0)], "orders": [OK, OK, OK], "awards": [0, 0], "told_failed": True,
}  # fmt: skip
NO_COFFEE, NO_AWARD = ORPHAN | {"acknowledged": True}, GOOD | {"awards": []}


@pytest.mark.parametrize("line", [name for name in Prices.model_fields if name != "name"])
def test_every_line_of_the_table_is_paid_for(line: str) -> None:
    """Another value of it is another bill for some morning or month."""

    def bills(prices: Prices) -> list[float]:
        made = []
        for happened in (EVERYTHING_WRONG, NO_COFFEE, NO_AWARD):
            tables = tables_of(**happened)
            tables.stations = judged(world(), design("outbox"))[0].stations
            of = billed(tables, prices, "outbox", authorisations=2, database_reads=9, broker_published=9)
            made += [of.total(), of.monthly()]
        return made

    value = getattr(PRICES, line).value
    assert bills(repriced(**{line: 10 if line == "connections_per_database" else value + 1})) != bills(PRICES)


@pytest.mark.parametrize("name", [path.removesuffix(".yaml") for path in names("prices")])
def test_every_price_has_a_source_and_a_date(name: str) -> None:
    """Or is called an assumption, or is arithmetic."""
    prices = load_prices(name)
    for line in Prices.model_fields:
        if line != "name":
            price = getattr(prices, line)
            assert price.date or price.source.startswith(("assumption", "arithmetic")), line
    assert prices.name == name


@pytest.mark.parametrize("date", ["", "March 2026", "2026-3", "soon"])
def test_a_price_without_its_date_is_refused(date: str, tmp_path: Path) -> None:
    """At its key, with what was expected."""
    text = Path("scenarios/prices/aws-us-east-1.yaml").read_text(encoding="utf-8")
    changed = text.replace('ecs/pricing/", date: "2026-09-20"}', f'ecs/pricing/", date: "{date}"}}', 1)
    assert changed != text
    file = tmp_path / "mine.yaml"
    file.write_text(changed, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine.yaml:5:\d+: vcpu_hour.date: "):
        load_prices(str(file))


def test_outcomes_that_cost_nothing() -> None:
    """A declined card has no fee where only captured charges have one."""
    tables, evidence = judged(world(ONE_CUSTOMER.replace("450ms}", "450ms}\n  declined: 100%")), design("naive"))
    assert [Outcome(code) for code in tables.charges.outcome] == [Outcome.DECLINED]
    assert (evidence.bill.parts["fees"], evidence.bill.total("failures")) == (0, 0)


@pytest.mark.parametrize(
    ("price", "value", "message"),
    [
        ("p_dispute", 1.5, "p_dispute.value: must be at most 1 (got 1.5)"),
        ("fee_share", 29, "fee_share.value: must be at most 1 (got 29)"),
        ("basket_cost_share", 30, "basket_cost_share.value: must be at most 1 (got 30)"),
        ("workers_per_vcpu", 0, "workers_per_vcpu.value: must be above 0 (got 0)"),
        ("connections_per_database", 0, "connections_per_database.value: must be above 0 (got 0)"),
        ("contact", -1, "contact.value: must be at least 0 (got -1)"),
        ("contact", 1e10, "contact.value: must be at most 1,000,000,000 (got 10,000,000,000)"),
        ("contact", ".nan", 'contact.value: expected a number (got ".nan")'),
    ],
)
def test_prices_that_cannot_be(tmp_path: Path, price: str, value: object, message: str) -> None:
    """A price table's amounts are finite and not negative, its shares at most 1, and what is divided by is not zero."""
    lines = [
        f"{name}: {{value: {value if name == price else known.value}, source: assumption}}"
        for name, known in PRICES
        if isinstance(known, Price)
    ]
    (tmp_path / "mine.yaml").write_text("name: mine\n" + "\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_prices(str(tmp_path / "mine.yaml"))
    assert str(error.value).split(": ", 1)[1] == message


@pytest.mark.parametrize("price", ["0.01 USD", "85 USD", "10000000 USD"])
def test_any_price_is_billed(price: str) -> None:
    """From a cent to ten million USD, the ledger keeps the price to the cent and the bill adds it up."""
    scenario = world(ONE_CUSTOMER + f"traffic: {{rate: 1/s, price: {price}}}")
    tables, evidence = judged(scenario, design("naive"))
    cents = round(float(price.removesuffix(" USD")) * 100)
    assert tables.charges["cents"].tolist() == tables.purchases["shown_cents"].tolist() == [cents]
    assert evidence.bill.parts["fees"] == pytest.approx(0.029 * cents / 100 + 0.30)
