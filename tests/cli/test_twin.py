"""`coffee twin`: what it prints, writes and exits with. A simulated morning with another provider stands in for real parts."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.config.errors import ConfigError
from sim.measured.files import read_log
from sim.real.twin import twins
from sim.real.twin.lived import Lived
from tests.cli.coffee import coffee
from tests.documents.held import check_file
from tests.real.twin import standins


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scenario's file, and a reality that is much like the model."""
    monkeypatch.chdir(tmp_path)
    Path("rush.yaml").write_text(standins.RUSH, encoding="utf-8")
    monkeypatch.setattr(twins, "live", standins.live)


def reality(monkeypatch: pytest.MonkeyPatch, **more: Any) -> None:
    monkeypatch.setattr(twins, "live", partial(standins.live, **more))


def test_designs_that_agree_exit_with_0() -> None:
    """One document on stdout, with everything of each design; the usual designs unless others are named."""
    done = coffee("twin", "rush.yaml", "idempotent", "outbox", "--json")
    assert done.exit_code == 0
    made = json.loads(done.stdout)
    assert (made["scenario"], made["seed"], made["speed"], made["margin"]) == ("small-rush", 0, 1.0, 0.02)
    one = made["designs"]["outbox"]
    assert one["verdict"] == "equivalent"
    assert one["purchases"] == sum(cell["purchases"] for cell in one["matrices"]["charges"]["cells"])
    assert one["agree"] + len(one["disagreeing"]) == one["purchases"]
    assert (one["lateness_p99_s"], one["load"], one["kills"]) == (0.002, 0.4, 2)
    assert [used["name"] for used in one["used"]] == ["checkout 1", "relay"]
    usual = json.loads(coffee("twin", "rush.yaml", "--json", "--margin", "9%").stdout)
    assert list(usual["designs"]) == ["naive", "idempotent", "outbox"]
    assert usual["margin"] == 0.09


def test_a_worse_reality_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which rate differs, in both worlds, and by more than what."""
    reality(monkeypatch, instead=standins.WORSE)
    done = coffee("twin", "rush.yaml", "naive")
    assert done.exit_code == 1
    text = " ".join(done.stdout.split())
    assert "The model differs from real parts." in text
    assert "real parts and the model differ by more than 2 points. “was charged twice”:" in text
    assert "customers came 2 ms late (median; p99 2 ms); 40 % of the machine was busy" in text


def test_what_nobody_can_say_exits_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too few purchases for the margin; or a run that is no evidence."""
    few = coffee("twin", "rush.yaml", "naive", "--margin", "0.1%")
    assert few.exit_code == 3
    assert "can’t tell: too few purchases" in few.stdout

    def late(*arguments: Any, **more: Any) -> Lived:
        lived = standins.live(*arguments, **more)
        return standins.lived(lived.scenario, lived.design, lived.tables, late_s=np.full(len(lived.late_s), 0.1))

    monkeypatch.setattr(twins, "live", late)
    refused = coffee("twin", "rush.yaml", "naive", "--json")
    assert refused.exit_code == 3
    assert json.loads(refused.stdout)["designs"]["naive"]["verdict"] == "refused"


def test_scaled_time_is_told_and_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--speed` reaches the run, and so do the parts; the answer says what scaling does."""
    asked: dict[str, Any] = {}

    def live(*arguments: Any, **more: Any) -> Lived:
        asked.update(more)
        return standins.live(*arguments, **more)

    monkeypatch.setattr(twins, "live", live)
    done = coffee("twin", "rush.yaml", "outbox", "--speed", "10", "--database", "postgresql://me:secret@127.0.0.1/db")
    assert (asked["speed"], asked["database"], asked["broker"]) == (10.0, "postgresql://me:secret@127.0.0.1/db", "embedded")
    assert "Time ran 10 times as fast" in done.stdout
    assert "running on real parts takes about 42\xa0s" in done.stderr  # seven minutes, in a tenth of it


@pytest.mark.slow
def test_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page, the JSON, and a log of each design; no password; again into the same folder, and into no other's."""
    arguments = ("twin", "rush.yaml", "naive", "outbox", "--out", "out", "--margin", "9%")
    done = coffee(*arguments, "--database", "postgresql://me:secret@127.0.0.1/db")
    assert done.exit_code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["log-naive.csv", "log-outbox.csv", "twin.html", "twin.json"]
    assert check_file(Path("out/twin.json")) == "Twins"
    page = Path("out/twin.html").read_text(encoding="utf-8")
    command = "coffee twin rush.yaml naive outbox --seed 0 --margin 9% --database postgresql://127.0.0.1/db"
    assert f"<pre>{command}</pre>" in page
    assert "secret" not in page
    log = read_log([Path("out/log-outbox.csv")])
    assert len(log.calls) > 300
    assert coffee(*arguments).exit_code == 0
    Path("out/mine.txt").write_text("mine", encoding="utf-8")
    refused = coffee(*arguments)
    assert refused.exit_code == 2
    assert "mine.txt" in refused.stderr


def test_ctrl_c_keeps_what_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first design is told when the second is interrupted; before it there is nothing to tell."""

    def live(scenario: Any, design: Any, *arguments: Any, **more: Any) -> Lived:
        if design.name == "outbox":
            raise KeyboardInterrupt
        return standins.live(scenario, design, *arguments, **more)

    monkeypatch.setattr(twins, "live", live)
    done = coffee("twin", "rush.yaml", "idempotent", "outbox", "--json")
    assert done.exit_code == 130
    made = json.loads(done.stdout)
    assert (list(made["designs"]), made["interrupted"]) == (["idempotent"], True)
    assert "interrupted after 1 of 2 designs" in done.stderr
    early = coffee("twin", "rush.yaml", "outbox", "--json")
    assert (early.exit_code, early.stdout) == (130, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--speed", "0"), "--speed: expected a number from 0.1 to 1000"),
        (("--seed", "-1"), "--seed: expected a whole number"),
        (("--database", "mysql://x"), "--database: expected sqlite, or an address such as postgresql://127.0.0.1"),
        (("--broker", "kafka"), "--broker: expected embedded, or an address such as nats://127.0.0.1"),
        (("zebra",), 'unknown design "zebra"'),
        (("naive", "naive"), "two designs with the same name"),
    ],
)
def test_what_cannot_be_meant(arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused before anything is started, by the name of the option."""
    monkeypatch.setattr(twins, "live", None)
    done = coffee("twin", "rush.yaml", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_the_verb() -> None:
    """The same from Python: a verdict, and DataFrames of rates, lags and purchases; progress over all designs."""
    told: list[tuple[int, int]] = []

    found = sim.twin("rush.yaml", ["naive", "outbox"], margin=0.09, progress=lambda done, of: told.append((done, of)))
    assert found.verdict == "equivalent"
    assert found.rates.loc["naive", "double_charge"]["verdict"] == "equivalent"
    assert found.lags.loc["outbox", "confirmation", 50]["model"] > 0
    assert len(found.disagreeing.loc["naive"]) == len(found.twins["naive"].disagreeing)
    assert repr(found) == "<naive: equivalent, outbox: equivalent; small-rush>"
    assert "The model says what real parts do" in found._repr_html_()
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with pytest.raises(ConfigError, match="margin: expected a share"):
        sim.twin("rush.yaml", "naive", margin=0)
