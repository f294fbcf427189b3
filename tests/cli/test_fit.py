"""`fit` prints what a log tells and what is assumed, and writes files that load and run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.architectures import load_design, parse_design
from sim.config.library import load_scenario, parse_scenario
from tests.cli.coffee import coffee
from tests.measured.exported import as_csv, log_of
from tests.measured.known import DESIGN, SCENARIO

ROWS = 40
CALLS = "kind,start,duration,outcome\n" + "".join(f"call,{25200 + 5 * i},0.{200 + i},ok\n" for i in range(ROWS))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("calls.csv").write_text(CALLS)


def test_from_a_log_to_a_run() -> None:
    """The files that were written are linted and run as any others; a second log may come in another file."""
    rows = log_of(parse_scenario(SCENARIO), parse_design(DESIGN), 3, ledger=True)
    for name in ("request", "handled", "call"):
        Path(f"{name}.csv").write_text(as_csv([row for row in rows if row["kind"] == name]))
    outs = ("--out-scenario", "measured.yaml", "--out-design", "ours.yaml")
    done = coffee("fit", "request.csv", "handled.csv", "call.csv", "--from", "outbox", *outs)
    assert done.exit_code == 0, done.output
    assert "then: coffee compare measured.yaml ours.yaml" in done.stdout
    assert "provider.ambiguous" in done.stdout
    assert coffee("lint", "measured.yaml", "ours.yaml").exit_code in (0, 1)
    ran = coffee("run", "measured.yaml", "ours.yaml", "-n", "1", "-j", "1", "--json")
    assert ran.exit_code == 0
    assert load_scenario("measured.yaml").provider.declined > 0
    assert load_design("ours.yaml").payment.timeout == pytest.approx(3.0)


def test_in_json() -> None:
    """Each value with its interval and lines; each assumed key with its reason; the files that were written."""
    document = json.loads(coffee("fit", "calls.csv", "--out-scenario", "mine.yaml", "--json").stdout)
    fitted = {one["key"]: one for one in document["fitted"]}
    assert fitted["provider.failed"]["interval"] == ["0%", "7.22%"]  # of 40, none: 1 - 0.05^(1/40)
    assert fitted["provider.failed"]["n"] == ROWS
    assumed = {one["key"]: one for one in document["assumed"]}
    assert assumed["app.timeout"]["default"] == "8s"
    assert assumed["customers.patience"]["why"] == "logs of requests and calls don't show it"
    assert document["written"] == ["mine.yaml"]
    assert (document["requests"], document["handled"], document["calls"]) == (0, 0, ROWS)


def test_the_same_log_gives_the_same_file() -> None:
    """Nothing is drawn."""
    texts = []
    for name in ("one", "two"):
        assert coffee("fit", "calls.csv", "--out-scenario", f"{name}.yaml").exit_code == 0
        texts.append(Path(f"{name}.yaml").read_text(encoding="utf-8").replace(f"name: {name}", ""))
    assert texts[0] == texts[1]


def test_names_of_files_end_no_comment() -> None:
    """A log's name with a line break in it writes no key."""
    name = "calls\nfaults: [zebra]\n.csv"
    Path(name).write_text(CALLS)
    assert coffee("fit", name, "--out-scenario", "mine.yaml").exit_code == 0
    assert load_scenario("mine.yaml").faults == ()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nothing.csv",), "nothing.csv: no such file"),
        (("calls.csv", "--out-scenario", "calls.csv"), "must end in .yaml"),
        (("calls.csv", "--out-scenario", "mine.txt"), "must end in .yaml"),
        (("calls.csv", "--out-scenario", "there.yaml"), "--force overwrites it"),
        (("calls.csv", "--out-scenario", "a.yaml", "--out-design", "./a.yaml"), "can't be both"),
        (("log.yaml", "--kind", "call", "--force", "--out-design", "log.yaml"), "one of the logs"),
        (("calls.csv", "--out-design", "nowhere/a.yaml"), "there is no folder nowhere"),
        (("calls.csv", "--from", "outbx"), 'did you mean "outbox"'),
        (("calls.csv", "--kind", "zebra"), "--kind zebra: expected request, handled or call"),
        (("calls.csv", "--column", "start"), "expected OURS=THEIRS"),
        (("calls.csv", "--column", "begin=start"), "unknown column begin"),
        (("calls.csv", "--column", "tap=zebra"), "no file has a column zebra"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], says: str) -> None:
    """Exit code 2 and a sentence, and no file is written or changed."""
    Path("there.yaml").write_text("mine")
    Path("log.yaml").write_text(CALLS)
    before = {path: path.read_bytes() for path in Path().iterdir()}
    done = coffee("fit", *arguments)
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())
    assert {path: path.read_bytes() for path in Path().iterdir()} == before
