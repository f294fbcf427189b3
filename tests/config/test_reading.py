"""What people may write: words stay words, sections may be empty, `none` means none, and files may refer to others."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from sim.architectures import load_design, parse_design
from sim.config.errors import ConfigError
from sim.config.library import FOLDER, digest, load_scenario, parse_scenario
from sim.config.prices import load_prices
from sim.config.scenario import Scenario
from sim.config.shares import FATES
from sim.config.writing import written
from sim.world.faults import FaultPlan
from sim.world.streams import Streams
from sim.world.timetable import Timetable
from sim.world.traffic import arrival_times, expected, rate_knots


def scenario(text: str = "", *, beside: Path | None = None) -> Scenario:
    return parse_scenario(f"name: x\n{text}", filename="x.yaml", beside=beside)


def test_words_stay_words() -> None:
    """`no`, `on` and `12:30` are text where text is meant, and a truth or a clock time where that is meant."""
    assert parse_scenario("name: no\nsummary: on\n").name == "no"
    assert scenario("clock: {start: 12:30}").clock.start == 12.5 * 3600
    assert parse_design("from: naive\ncheckout: {deadline_drop: no}").checkout.deadline_drop is False
    assert parse_design("from: naive\ncheckout: {deadline_drop: yes}").checkout.deadline_drop is True


def test_anchors_aliases_and_merges() -> None:
    """YAML's own ways not to say a thing twice work; what is said next to a merge wins over it."""
    read = scenario("""provider: {latency: &slow {constant: 2s}}
network: {latency: *slow}
customers:
  double_tap: &taps {p: 1%, gap: 1s}
faults:
  - &down {outage: provider, at: "07:00", for: 1min}
  - {<<: *down, at: "08:00"}
""")
    assert read.network.latency == read.provider.latency
    assert [fault.model_dump()["at"] for fault in read.faults] == [7 * 3600, 8 * 3600]
    assert {fault.model_dump()["lasts"]["constant"] for fault in read.faults} == {60}


def test_empty_sections_are_their_defaults() -> None:
    """A section whose lines are all commented out says nothing; a choice without keys takes its defaults."""
    assert scenario("clock:\ntraffic:\ncustomers:\n  polling:\nfaults:\nobjectives:\n") == scenario()
    assert scenario("traffic: {profile: }") == scenario()
    empty = parse_design("from: outbox\napp:\n  # timeout: 1s\nrelay:\nloyalty:\n")
    nameless = {"name": "", "summary": ""}
    assert empty.model_copy(update=nameless) == load_design("outbox").model_copy(update=nameless)
    assert parse_design("from: outbox", filename="mine.yaml").name == "mine"
    assert parse_design("from: outbox\napp: {retry: {full_jitter: }}").app.retry.chosen == "full_jitter"


def test_none_takes_a_part_away() -> None:
    """`none` is the word for no limit, no budget, no breaker, no inbox; so is YAML's null."""
    for none in ("none", "null", "~"):
        read = parse_design(
            f"from: outbox\ncheckout: {{queue_limit: {none}}}\nloyalty: {{inbox: {none}}}\npayment: {{breaker: {none}}}\n"
            f"recovery: {{reconcile_every: {none}}}\napp: {{retry_budget: {none}}}"
        )
        assert read.checkout.queue_limit is None
        assert read.loyalty.inbox is None
        assert read.recovery.reconcile_every is None
        assert read.model_dump()["payment"]["breaker"] is None
    assert scenario("provider: {keys: none}").provider.keys == "none"
    assert parse_design("from: outbox\napp: {key: none}").app.key == "none"


def test_a_byte_order_mark_is_no_key(tmp_path: Path) -> None:
    """A file that an editor has begun with a byte order mark reads as if it had none, and so does a CSV file."""
    (tmp_path / "x.yaml").write_text("\ufeffname: x\nprovider: {latency: {empirical: lat.csv}}\n", encoding="utf-8")
    (tmp_path / "lat.csv").write_text("\ufeffseconds\r\n0.5\r\n", encoding="utf-8")
    assert load_scenario(str(tmp_path / "x.yaml")).provider.latency.samples == (0.5,)


CSV = "# a comment\n# another\ntime_of_day_s,date,price\n25200.5,2025-01-01,3\n\n21600,2025-01-02,4\n# in between\n99999,x,y\n"
ARRIVALS = "clock: {start: 06:00, duration: 1d}\ntraffic: {arrivals: {file: sales.csv, column: time_of_day_s}}"


def test_arrivals_from_a_file(tmp_path: Path) -> None:
    """Arrival times are a column of a CSV file beside the scenario, sorted; the digest is of the times, not of the folder."""
    (tmp_path / "sales.csv").write_text(CSV, encoding="utf-8")
    read = scenario(ARRIVALS, beside=tmp_path)
    assert read.traffic.arrivals is not None
    assert read.traffic.arrivals.times == (21600, 25200.5, 99999)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sales.csv").write_text(CSV, encoding="utf-8")
    assert digest(read) == digest(scenario(ARRIVALS, beside=tmp_path / "other"))
    (tmp_path / "other" / "sales.csv").write_text(CSV.replace("25200.5", "25200.6"), encoding="utf-8")
    assert digest(read) != digest(scenario(ARRIVALS, beside=tmp_path / "other"))


def test_arrivals_one_by_one() -> None:
    """One customer at each clock time, in any order, some together."""
    read = scenario('clock: {start: "07:00", duration: 1h}\ntraffic: {times: ["07:00:05", "07:00", "07:59:59", "07:00"]}')
    assert arrival_times(read, Timetable(), Streams(0)).tolist() == [0, 0, 5, 3599]


def test_no_arrival_is_dropped(tmp_path: Path) -> None:
    """Rows of a file outside of the clock are an error that counts them and shows the first; rows after midnight are inside."""
    night = 'clock: {start: "22:00", duration: 4h}\ntraffic: {arrivals: {file: sales.csv}}'
    (tmp_path / "sales.csv").write_text("s\n79200\n60\n86400\n7199\n", encoding="utf-8")
    read = scenario(night, beside=tmp_path)
    assert arrival_times(read, Timetable(), Streams(0)).tolist() == [0, 7200, 7260, 14399]
    (tmp_path / "sales.csv").write_text("s\n79200\n7200\n60\n79199\n", encoding="utf-8")
    message = (
        r"^x\.yaml:3:22: traffic\.arrivals\.file: 2 of the 4 rows of sales\.csv are outside of the clock "
        r"\(22:00 to 02:00 \(next day\)\), the first at 7200 s \(02:00\); give the clock another start or a longer duration, "
        r"or take them out of the file$"
    )
    with pytest.raises(ConfigError, match=message):
        scenario(night, beside=tmp_path)


def test_a_night() -> None:
    """A shop that is open past midnight: times earlier than the clock's start are of the next day, and hours may go on."""
    clock = 'clock: {start: "23:30", duration: 1h}\n'
    plan = FaultPlan(
        scenario(f'{clock}faults: [{{outage: provider, at: "00:10", for: 5min}}, {{crash: relay, at: "24:20"}}]'), Streams(0)
    )
    assert plan.windows == [("outage provider", 2400, 2700), ("crash relay", 3000, 3020)]
    assert arrival_times(
        scenario(f'{clock}traffic: {{times: ["23:40", "00:10", "24:20"]}}'), Timetable(), Streams(0)
    ).tolist() == [600, 2400, 3000]
    for shape in ('"23:30": 6/min, "00:30": 30/min', '"23:30": 6/min, "24:30": 30/min'):
        knots, rates = rate_knots(scenario(f"{clock}traffic: {{shape: {{{shape}}}}}"))
        assert (knots.tolist(), rates.tolist()) == ([0, 3600], [0.1, 0.5])
    late = rate_knots(scenario(f'{clock}traffic: {{shape: {{"00:10": 6/min, "00:20": 30/min}}}}'))
    assert (late[0].tolist(), late[1].tolist()) == ([0, 2400, 3000, 3600], [0.1, 0.1, 0.5, 0.5])


def test_a_shape_that_begins_before_the_clock() -> None:
    """A shape's first time may be before the start, and is then of the same day."""
    knots, rates = rate_knots(scenario('clock: {start: "06:30"}\ntraffic: {shape: {"06:00": 6/min, "07:00": 30/min}}'))
    assert knots.tolist() == [0, 1800, 7200]
    assert rates == pytest.approx([0.3, 0.5, 0.5])


@pytest.mark.parametrize("start", ["00:00", "06:30", "23:30"])
def test_a_profile_of_several_days(start: str) -> None:
    """The first 24 hours have the profile's purchases, and every further day has them again, hour by hour."""
    one = scenario(f'clock: {{start: "{start}", duration: 1d}}\ntraffic: {{profile: {{purchases: 300}}}}')
    three = scenario(f'clock: {{start: "{start}", duration: 3d}}\ntraffic: {{profile: {{purchases: 300}}}}')
    assert expected(one) == pytest.approx(300)
    assert expected(three) == pytest.approx(900)
    hours = np.arange(24) * 3600.0 + 1800.7
    first = np.interp(hours, *rate_knots(one))
    for day in range(3):
        assert np.interp(hours + 86400 * day, *rate_knots(three)) == pytest.approx(first)


def test_three_brownouts_that_do_not_fit() -> None:
    """Three that fit in pairs and not together are an error of the morning in which they meet."""
    lines = "\n".join(f"  - {{brownout: provider, at: '07:00', for: 1min, {fate}: 40%}}" for fate in FATES)
    three = scenario(f"faults:\n{lines}")
    message = "^x: while several brownouts last, a call has one fate, but failed 40% [+] ambiguous 40% [+] errored 40% = 120%"
    with pytest.raises(ConfigError, match=message):
        FaultPlan(three, Streams(0))


def test_brownouts_that_fit() -> None:
    """Shares that never hold at the same time may exceed 100 % together, and a brownout can replace all three."""
    first = "faults:\n  - {brownout: provider, at: '07:00', for: 10min, failed: 60%}\n"
    apart = "  - {brownout: provider, at: '07:10', for: 10min, ambiguous: 60%}"
    replaced = "  - {brownout: provider, at: '07:05', for: 1min, failed: 0, ambiguous: 60%}"
    assert len(scenario(first + apart).faults) == len(scenario(first + replaced).faults) == 2
    slow = "provider: {errored: 50%}\nfaults:\n  - {brownout: provider, at: '07:00', for: 1min, latency: x10}\n"
    alone = "  - {brownout: provider, at: '07:00', for: 1min, failed: 0, ambiguous: 100%, errored: 0}"
    assert len(scenario(slow + alone).faults) == 2
    own = scenario("provider: {errored: 20%}\nfaults: [{brownout: provider, at: '06:30', for: 1min, failed: 100%, errored: 0}]")
    weather = FaultPlan(own, Streams(0)).weather("provider").at(1.0)
    assert (weather.failed, weather.ambiguous, weather.errored) == (1.0, None, 0.0)


def test_measured_times_from_a_file(tmp_path: Path) -> None:
    """A distribution may be a CSV file, in a scenario and in a design; quoted cells are numbers too."""
    (tmp_path / "lat.csv").write_text('seconds\n"0.5"\n0.25\n', encoding="utf-8")
    assert scenario("network: {latency: {empirical: lat.csv}}", beside=tmp_path).network.latency.samples == (0.25, 0.5)
    design = tmp_path / "d.yaml"
    design.write_text("from: naive\ncheckout: {service: {empirical: lat.csv}}\n", encoding="utf-8")
    assert load_design(str(design)).checkout.service.samples == (0.25, 0.5)


def test_prices_beside_the_scenario(tmp_path: Path) -> None:
    """A price table of one's own is looked for beside the scenario."""
    text = (FOLDER / "prices" / "aws-us-east-1.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(text.replace("value: 15,", "value: 20,"), encoding="utf-8")
    for said in ("prices: mine.yaml", "prices: {from: mine.yaml}"):
        read = scenario(said, beside=tmp_path).prices
        assert (read.table, read.dispute, read.differing) == (str(tmp_path / "mine.yaml"), 20, [])


def test_prices_of_the_scenario_lie_over_the_table() -> None:
    """As plain numbers; the other lines stay as the table has them, and a file says only what differs."""
    for said in (
        "{from: aws-us-east-1-arm, dispute: 25, p_dispute: 0.1}",
        "{p_dispute: 0.1, dispute: 25, from: aws-us-east-1-arm}",
    ):
        read = scenario(f"prices: {said}").prices
        assert (read.dispute, read.p_dispute, read.vcpu_hour, read.contact) == (25, 0.1, 0.03238, 8)
        assert written(read) == {"from": "aws-us-east-1-arm", "dispute": 25, "p_dispute": 0.1}
        known = load_prices(read)
        assert (known.dispute.value, known.dispute.source, known.contact.value) == (25, "the scenario's own", 8)
    for said in ("aws-us-east-1", "{from: aws-us-east-1}", "{dispute: 15}", "{}"):
        assert written(scenario(f"prices: {said}").prices) == "aws-us-east-1"


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("nope", '2:1: prices: unknown price table "nope"; known: aws-us-east-1, aws-us-east-1-arm'),
        ("{from: nope}", '2:10: prices.from: unknown price table "nope"; known: aws-us-east-1, aws-us-east-1-arm'),
        ("{dispuet: 25}", '2:10: prices.dispuet: unknown key; did you mean "dispute"?'),
        ("{dispute: 25 USD}", '2:10: prices.dispute: expected a number (got "25 USD")'),
        ("{dispute: true}", "2:10: prices.dispute: expected a number (got true)"),
        ("{p_dispute: 1.5}", "2:10: prices.p_dispute: must be at most 1 (got 1.5)"),
        ("{workers_per_vcpu: 0}", "2:10: prices.workers_per_vcpu: must be above 0 (got 0)"),
    ],
)
def test_wrong_prices_are_told_at_their_place(said: str, says: str) -> None:
    """Units are those of the table, so a value is a plain number; shares are at most 1, and what divides is not 0."""
    with pytest.raises(ConfigError, match=re.escape(f"x.yaml:{says}")):
        scenario(f"prices: {said}")


WANTED = "s: expected a number of seconds of at least 0"
COMMA = "is it a decimal comma? Write {}, or put semicolons between the cells of all lines"
NO_DATA = "file: {csv}: no data; expected a line with the columns' names and at least one row"
BAD_COLUMNS = {
    "text cells": (
        "s,x\n1,a\nsoon,b\n-1,c\n1_0,d\n,e\nnan,f\n",
        "s",
        [f'file: {{csv}}:{line}: {WANTED} (got "{cell}")' for line, cell in enumerate(("soon", "-1", "1_0", "", "nan"), 3)],
    ),
    "no such column": ("time,price\n1,2\n", "tim", ['column: x.csv has no column "tim"; did you mean "time"?']),
    "which column": (
        "time,price\n1,2\n",
        "none",
        ["file: x.csv has 2 columns (time, price); say which with column: one of time, price"],
    ),
    "empty": ("", "s", [NO_DATA]),
    "only comments": ("# s\n# 1\n", "s", [NO_DATA]),
    "only a header": ("s\n", "s", [NO_DATA]),
    "no header": (
        "25200\n25210\n",
        "none",
        ['file: {csv}:1: the columns have no names; expected a first line such as `seconds` (got "25200")'],
    ),
    "a short row": ("a,s\n1\n", "s", ["file: {csv}:2: expected 2 cells, as in the first line, got 1"]),
    "a long row": (
        "a,s\n1,2,3\n",
        "s",
        ["file: {csv}:2: expected 2 cells, as in the first line, got 3: " + COMMA.format("2.3")],
    ),
    "a decimal comma": (
        "s\n0,45\n0.61\n",
        "none",
        ["file: {csv}:2: expected 1 cell, as in the first line, got 2: " + COMMA.format("0.45")],
    ),
    "a comma too many": ("s\n45,\n", "none", ["file: {csv}:2: expected 1 cell, as in the first line, got 2"]),
    "an open quote": ('s\n"0.4\n0.5\n', "none", ["file: {csv}:2: not a CSV file: unexpected end of data; is a quote missing?"]),
    "a quote over lines": (
        's\n"0.4\n0.5"\n',
        "none",
        ["file: {csv}:2: a quoted cell goes on over several lines; is a quote missing?"],
    ),
    "digits of another script": ("s\n٣\n", "none", [f'file: {{csv}}:2: {WANTED} (got "٣")']),
    "many": (
        "s\n" + "x\n" * 12,
        "s",
        [
            *(f'file: {{csv}}:{line}: {WANTED} (got "x")' for line in range(2, 12)),
            "file: {csv}: 2 more cells like these",
        ],
    ),
}


@pytest.mark.parametrize("case", BAD_COLUMNS)
def test_columns_that_are_not_numbers(case: str, tmp_path: Path) -> None:
    """Of a CSV file, every wrong cell is told with its line; a wrong or missing column with those that there are."""
    text, column, expected = BAD_COLUMNS[case]
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        scenario(f"traffic:\n  arrivals:\n    file: x.csv\n    column: {column}\n", beside=tmp_path)
    places = {"file": "x.yaml:4:5: traffic.arrivals.", "column": "x.yaml:5:5: traffic.arrivals."}
    assert list(caught.value.messages) == [places[m.split(":")[0]] + m.format(csv=path) for m in expected]


def test_a_file_that_is_no_csv(tmp_path: Path) -> None:
    """A quote that never ends, beyond what a cell can hold, is told with its line."""
    (tmp_path / "x.csv").write_text('s\n"' + "1" * 200_000, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"x\.csv:\d+: not a CSV file: field larger than field limit"):
        scenario("traffic: {arrivals: {file: x.csv}}", beside=tmp_path)


def test_the_steps_are_those_of_the_shop() -> None:
    """A fault may strike after each step that the world has, and no other."""
    import re
    from typing import get_args

    from sim.config.faults import Step

    world = Path(__file__).parents[2] / "sim" / "world"
    source = "".join(path.read_text(encoding="utf-8") for path in world.glob("*.py"))
    assert set(re.findall(r'(?:took\(|step=)"(\w+)"', source)) == set(get_args(Step))
