"""Input as people have it: rates that jump, one share of errors, percentiles off a dashboard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.architectures import Outbox, load_design
from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.experiment.altering import altered
from sim.experiment.cost_curve import at_peak
from sim.experiment.inputs import factors
from sim.experiment.store import as_yaml
from sim.kata.written import code_named
from sim.world.streams import Streams
from sim.world.timetable import UP
from sim.world.traffic import arrival_times, expected, peak_per_s, rate_knots
from tests.worlds import design

ON_SALE = """name: on-sale
clock: {start: "09:55", duration: 15min}
traffic: {steps: {"09:55": 1/s, "10:00": 40/s, "10:05": 5/s}}
provider: {latency: {percentiles: {p50: 700ms, p95: 2.4s, p99: 6s}}, errors: 1.6%}
faults: [{outage: provider, at: "10:02", for: 1min, how: hangs}, {brownout: provider, at: "10:06", for: 1min, errors: 40%}]
"""


def test_rates_that_jump() -> None:
    """Each holds from its time to the next; the sum of the three is expected, and four standard errors around it are drawn."""
    world = parse_scenario(ON_SALE)
    per_step = np.array([300 * 1, 300 * 40, 300 * 5])
    assert expected(world) == pytest.approx(per_step.sum())
    assert peak_per_s(world) == 40
    times, rates = rate_knots(world)
    assert np.interp([0, 299, 301, 599, 601, 899], times, rates).tolist() == [1, 1, 40, 40, 5, 5]
    drawn = np.histogram(arrival_times(world, UP, Streams(3)), [0, 300, 600, 900])[0]
    assert np.all(np.abs(drawn - per_step) <= 4 * np.sqrt(per_step))


def test_rates_that_jump_are_scaled() -> None:
    """By a cost curve's peak, and as an input of a sensitivity analysis."""
    world = parse_scenario(ON_SALE)
    assert at_peak(world, 80).traffic.steps == {"09:55": 2, "10:00": 80, "10:05": 10}
    [moved] = factors(world, design("naive"), ["traffic.steps"])
    assert moved.high == {"09:55": "2/s", "10:00": "80/s", "10:05": "10/s"}


def test_percentiles_are_scaled() -> None:
    """Halved and doubled, all of them."""
    [moved] = factors(parse_scenario(ON_SALE), design("naive"), ["provider.latency"])
    assert moved.low == {"percentiles": {"p50": "350ms", "p95": "1.2s", "p99": "3s"}}


def test_one_share_of_errors_is_dealt() -> None:
    """Half of them refused, a quarter charged and unheard, a quarter answered with a 500: of the provider and of a brownout."""
    world = parse_scenario(ON_SALE)
    [_, brownout] = world.faults
    for told, errors in ((world.provider, 0.016), (brownout, 0.4)):
        assert (told.failed, told.ambiguous, told.errored) == pytest.approx((errors / 2, errors / 4, errors / 4))  # type: ignore[union-attr]


def test_what_is_written_is_read_again() -> None:
    """Percentiles, steps, dealt errors and an outage that hangs survive being written to a file."""
    world = parse_scenario(ON_SALE)
    assert parse_scenario(as_yaml(world)) == world


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("provider: {errors: 1.5}", "provider.errors: a bare number: add the unit"),
        ("provider: {errors: 2%, failed: 1%}", "provider.errors: failed already said; give errors alone"),
        ("traffic: {steps: {'07:00': 1/s}}", "traffic.steps: a shape needs at least two clock times"),
        ("traffic: {steps: {'07:00': 0/s, '08:00': 0/s}}", "zero traffic"),
        ("faults: [{outage: database, at: '07:00', for: 1s, how: hangs}]", "how: work for the database waits in any outage"),
        ("provider: {latency: {percentiles: {p50: 2s, p9: 3s}}}", r"percentiles.p50: less than p9; percentiles rise"),
    ],
)
def test_what_cannot_be(line: str, message: str) -> None:
    """Refused at its place."""
    with pytest.raises(ConfigError, match=message):
        parse_scenario(f"name: x\n{line}\n")


def test_a_design_starts_from_a_file(tmp_path: Path) -> None:
    """Its knobs lie over those of the other file, which start from an architecture; measured times stay beside their file."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "computing.csv").write_text("seconds\n0.01\n0.03\n")
    (tmp_path / "shared" / "base.yaml").write_text(
        "from: outbox\nname: base\nsummary: ours\npayment: {workers: 40}\n"
        "checkout: {workers: 64, service: {empirical: computing.csv}}\n"
    )
    (tmp_path / "mine.yaml").write_text("from: shared/base.yaml\npayment: {workers: 48}\n")
    base, mine = load_design(tmp_path / "shared" / "base.yaml"), load_design(tmp_path / "mine.yaml")
    assert isinstance(mine, Outbox)
    assert (mine.name, mine.summary) == ("mine", "")
    assert (mine.payment.workers, mine.checkout.workers) == (48, 64)
    assert mine.checkout.service.samples == base.checkout.service.samples == (0.01, 0.03)


def test_a_design_starts_from_a_variant(tmp_path: Path) -> None:
    """A bundled design's name is as good as an architecture's."""
    (tmp_path / "mine.yaml").write_text("from: no-inbox\ncheckout: {workers: 64}\n")
    mine = load_design(tmp_path / "mine.yaml")
    assert isinstance(mine, Outbox)
    assert (mine.loyalty.inbox, mine.checkout.workers) == (None, 64)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"mine": "from: other.yaml"}, r"mine.yaml:1:1: from: .*other.yaml: no such file"),
        ({"mine": "from: other.yaml", "other": "from: mine.yaml"}, r"from: mine.yaml starts from this file again"),
        ({"mine": "from: other.yaml", "other": "from: outbox\nchekout: {}"}, r"other.yaml:2:1: chekout: unknown key"),
        ({"mine": "from: other.yaml\nrelay: {}", "other": "from: naive"}, r"mine.yaml:2:1: relay: unknown key"),
        ({"mine": "from: outbux"}, r"""mine.yaml:1:1: from: unknown design 'outbux'; did you mean "outbox"?"""),
    ],
)  # fmt: skip
def test_a_design_cannot_start_from(files: dict[str, str], message: str, tmp_path: Path) -> None:
    """A file that is not there, itself, or a file with a mistake, which is told of that file."""
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_design(tmp_path / "mine.yaml")


def test_a_kata_reads_no_other_design(tmp_path: Path) -> None:
    """A design that somebody handed in is one file, so that whatever code it would run is named in it."""
    (tmp_path / "design.yaml").write_text("from: other.yaml\n")
    (tmp_path / "other.yaml").write_text("architecture: evil.py\n")
    with pytest.raises(ConfigError, match=r"other.yaml is another file; in a kata a design starts from"):
        code_named(tmp_path, "design.yaml")


IN_EURO = """name: in-euro
currencies: {EUR: 1.08, JPY: 0.0067}
traffic: {rate: 1/min, price: 6.50 EUR}
customers: {changes_basket: {p: 1%, adds: 500 JPY}}
objectives: {cost_per_1000: 550 EUR}
"""


def test_money_of_another_currency() -> None:
    """Exchanged at the file's own rates, to the nearest cent; written again in USD, which is read as the same."""
    world = parse_scenario(IN_EURO)
    assert (world.traffic.price, world.customers.changes_basket.adds) == (702, 335)
    assert world.objectives["cost_per_1000"] == pytest.approx(594.0)
    assert parse_scenario(as_yaml(world)) == world
    assert altered(world, ("traffic", "price"), "10 EUR").traffic.price == 1080


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "EUR: 1.08, ",
            "",
            "traffic.price: no rate for EUR: say in the scenario what one is worth in USD, like currencies",
        ),
        ("EUR: 1.08", "EUR: 0", "currencies.EUR: must be above 0"),
        ("EUR: 1.08", "euro: 1.08", "euro"),
        ("6.50 EUR", "6.50 euro", 'unknown unit "euro"'),
        ("6.50 EUR", "1e300 EUR", "traffic.price"),
    ],
)
def test_money_that_has_no_rate(old: str, new: str, says: str) -> None:
    """The key to add is named; a rate is of nothing else than three capital letters."""
    with pytest.raises(ConfigError) as refused:
        parse_scenario(IN_EURO.replace(old, new))
    assert says in str(refused.value)


def test_the_rate_of_one_file_is_not_the_next_ones() -> None:
    parse_scenario(IN_EURO)
    with pytest.raises(ConfigError, match="no rate for EUR"):
        parse_scenario("name: x\ntraffic: {rate: 1/min, price: 6.50 EUR}\n")
