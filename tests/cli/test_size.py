"""`coffee size`: an answer as text, as JSON, as a design's file and as an exit code; and `coffee compare --cost-curve`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.architectures import load_design
from sim.cli.work.size import News
from sim.cli.work.sizing_sentences import measured
from sim.experiment.size import Forecast
from sim.experiment.statistics import Estimate
from tests.cli.coffee import coffee
from tests.cli.test_results import replace_report

FEW = ("-n", "2", "--fresh", "2", "-j", "1")


def test_size(tiny: str) -> None:
    """Each design has its capacity, what binds, what no capacity does, and what it costs; naive violates, so the code is 1."""
    done = coffee("size", tiny, "naive", "outbox", *FEW)
    assert done.exit_code == 1
    for part in (
        "searched on 2 mornings (seeds 0 to 1), measured on 2 fresh ones (seeds 2 to 3)",
        "checkout workers",
        "payment workers",
        "one fewer breaks",
        "at most 0 %",
        "No capacity meets double_charge_rate",
        "best reached",
        "1,000 correct purchases cost",
    ):
        assert part in done.stdout.replace("\u00a0", " ")
    assert "sized in" in done.stderr


NOBODY = """
name: nobody
clock: {start: "07:00", duration: 10min, drain: 10min}
traffic: {rate: 1/d}
objectives: {double_charge_rate: 0, ack_latency_p95: 1s}
"""
NOTHING_RIGHT = """
name: nothing-right
clock: {start: "07:00", duration: 5min, drain: 5min}
traffic: {rate: 6/min}
provider: {failed: 100%}
objectives: {ack_latency_p95: 1s}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (NOBODY, ("There was nothing to count for double_charge_rate and ack_latency_p95, so they say nothing about capacity.",
                  "Nobody came, so there is no cost of a purchase.")),
        (NOTHING_RIGHT, (
            "On 2 of 2 mornings nobody got a correct purchase, so none has a cost.",
            "Whatever the capacity, some never get there, and then there is no value: ack_latency_p95",
        )),
    ],
)  # fmt: skip
def test_where_there_is_nothing_to_count(text: str, said: tuple[str, ...], tiny: str) -> None:
    """Where nobody came, or nobody got what they paid for, that is what is said, and no number is made up."""
    Path("world.yaml").write_text(text, encoding="utf-8")
    done = coffee("size", "world.yaml", "idempotent", *FEW)
    out = " ".join(done.stdout.replace("\u00a0", " ").split())
    for sentence in said:
        assert sentence in out
    assert "USD per 1,000" not in out


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Estimate(216.0, 192.0, 240.3, 50, 0.0), "216.0 s [192.0, 240.3]"),
        (Estimate(216.0, 192.0, 239.97, 50, 0.0), "216.00 s [192.00, 239.97]"),
        (Estimate(216.0, 192.0, 260.0, 50, 0.0), "216 s [192, 260]"),
        (Estimate(216.0, 192.0, 240.0, 50, 0.0), "216 s [192, 240]"),
        (Estimate(None, None, None, 50, 0.5), "never (50 % of mornings)"),
    ],
)
def test_digits_show_on_which_side_of_the_limit_an_interval_ends(value: Estimate, text: str) -> None:
    """With a limit of 240 s, what is more is not printed as 240 s, nor is what is less."""
    assert measured(value, "confirmation_lag_p99", 240.0).replace("\u00a0", " ") == text


def test_how_long_it_will_take_is_said_before(capsys: pytest.CaptureFixture[str]) -> None:
    """Of work that takes long: how long, from one timed morning, and how to have a first look; then each finished design."""
    news = News(mornings=12, designs=2)
    news.forecast(Forecast(mornings=488, morning_s=1.0, at_a_time=2))
    assert capsys.readouterr().err.replace("\u00a0", " ") == (
        "sizing takes up to about 4 min: some 488 mornings of 1 s, 2 at a time; -n 2 for a first look\n"
    )
    News(mornings=2, designs=1).forecast(Forecast(mornings=28, morning_s=1.0, at_a_time=1))
    assert capsys.readouterr().err == ""


def test_a_sized_design_is_a_file(tiny: str) -> None:
    """--write saves a design that has the numbers of the answer; it is not written over, and what met is exit code 0."""
    options = ("--objective", "ack_latency_p95=1s", "outbox", *FEW)
    done = coffee("size", tiny, *options, "--write", "sized.yaml", "--json")
    document = json.loads(done.stdout)
    assert done.exit_code == {"met": 0, "so far": 0, "violated": 1, "undecided": 3}[document["verdict"]]
    answer = document["designs"]["outbox"]
    sized: Any = load_design("sized.yaml")
    assert sized.checkout.workers == answer["capacity"]["checkout workers"]
    assert sized.payment.workers == answer["capacity"]["payment workers"]
    assert sized.database.connections == answer["capacity"]["database connections"]
    assert document["file"] == "sized.yaml"
    assert {objective["metric"]: objective["limit"] for objective in answer["objectives"]}["ack_latency_p95"] == 1.0
    again = coffee("size", tiny, *options, "--write", "sized.yaml")
    assert (again.exit_code, again.stderr) == (2, "error: sized.yaml: there is a file of this name\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--write", "x.yaml"), "--write saves one sized design; give one design"),
        (("naive", "--write", "x.yaml", "--peak", "60/min"), "--write saves one sized design"),
        (("--peak", "60"), "--peak: a bare number"),
        (("--brownout", "2min"), "tiny: has no brownout to lengthen"),
        (("--objective", "fast"), "--objective: expected METRIC=LIMIT"),
        (("-n", "1"), "--mornings: expected a whole number from 2"),
        (("-n", "1", "--peak", "60/min"), "--mornings: expected a whole number from 2"),
        (("--fresh", "1"), "--fresh: expected a whole number from 2"),
        (("navie",), 'unknown design "navie"; did you mean "naive"?'),
    ],
)
def test_errors_of_size(tiny: str, options: tuple[str, ...], message: str) -> None:
    """Wrong usage is a message before any work, and no file."""
    done = coffee("size", tiny, *options)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {message}")
    assert sorted(path.name for path in Path().iterdir()) == ["tiny.yaml"]


def test_ctrl_c_half_way(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The designs that were sized by then are printed; of the others it is said that there is no answer. Code 130."""
    from sim.experiment.size import Sizer

    whole = Sizer.size

    def interrupted(self: Sizer, design: Any, **start: Any) -> Any:
        if design.name == "outbox":
            raise KeyboardInterrupt
        return whole(self, design, **start)

    monkeypatch.setattr(Sizer, "size", interrupted)
    done = coffee("size", tiny, "naive", "outbox", *FEW, "--json")
    assert done.exit_code == 130
    assert list(json.loads(done.stdout)["designs"]) == ["naive"]
    assert done.stderr.endswith("interrupted; there is no answer for outbox\n")
    done = coffee("size", tiny, "outbox", *FEW)
    assert (done.exit_code, done.stdout) == (130, "")
    assert "there are no results" in done.stderr


def test_a_curve_as_text_and_json(tiny: str) -> None:
    """A row a peak and design with its capacity and what it costs; the JSON has the same numbers."""
    options = (tiny, "naive", "--peak", "10/min,20/min", *FEW)
    done = coffee("size", *options)
    assert done.exit_code == 0
    document = json.loads(coffee("size", *options, "--json").stdout)
    points = document["peaks"]["naive"]
    assert [round(point["peak_per_min"], 6) for point in points] == [10, 20]
    for part in (
        "10/min",
        "20/min",
        f"{points[1]['capacity']['checkout workers']} checkout",
        "held to ack_latency_p95 at most",
    ):
        assert part in done.stdout.replace("\u00a0", " ")


def test_a_curve_in_the_report_of_compare(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """--cost-curve sizes the compared designs at its own peaks, --peak at others; the report gets it, and the command."""
    calls = []
    replace_report(
        monkeypatch, lambda comparison, folder, command, curve, **_: calls.append((command, curve)) or folder / "report.html"
    )
    monkeypatch.setattr("sim.experiment.cost_curve.MORNINGS", 2)
    options = ("-n", "1", "-j", "1")
    assert coffee("compare", tiny, "naive", "--peak", "6/min", *options).exit_code == 0
    assert coffee("compare", tiny, "naive", *options).exit_code == 0
    (first, curve), (second, none) = calls
    assert first == "coffee compare tiny.yaml naive --mornings 1 --seed 0 --peak 6/min"
    assert curve.peaks_per_s == (0.1,)
    assert list(curve.points) == ["naive"]
    assert (second, none) == ("coffee compare tiny.yaml naive --mornings 1 --seed 0", None)
    refused = coffee("compare", tiny, "--cost-curve", "--no-report")
    assert (refused.exit_code, "--no-report" in refused.stderr) == (2, True)


def test_the_command_to_try_can_be_typed(tiny: str) -> None:
    """It names the scenario as it was given, and compares the sized design with the one that it was made from."""
    Path("my rush.yaml").write_text(Path(tiny).read_text(encoding="utf-8"), encoding="utf-8")
    done = coffee("size", "my rush.yaml", "outbox", "--objective", "ack_latency_p95=1s", *FEW, "--write", "sized.yaml")
    assert done.stdout.endswith("sized.yaml: the sized design; try it: coffee compare 'my rush.yaml' outbox sized.yaml\n")
