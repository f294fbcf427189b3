"""What the page asks for is understood as on the command line, and leads to no file elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.architectures.outbox import Outbox
from sim.config.errors import ConfigError
from sim.page.scene import scene
from sim.page.shelf import Shelf, catalogue
from sim.page.wish import Wish, asked, wish
from tests.cli.coffee import coffee

BOTH = [{"design": "naive"}, {"design": "outbox"}]


def wished(shelf: Shelf | None = None, **more: Any) -> Wish:
    return wish(asked({"scenario": "storm.yaml", "sides": BOTH, **more}), shelf or Shelf())


def refused(**more: Any) -> str:
    with pytest.raises(ConfigError) as error:
        wished(**more)
    return str(error.value)


@pytest.mark.usefixtures("folder")
def test_a_key_is_set_for_every_design_that_has_it() -> None:
    """As `--set` does; a key of one side is for that design alone."""
    made = wished(
        set={"app.timeout": "3s", "relay.poll_every": "1s"}, sides=[BOTH[0], {"design": "outbox", "set": {"app.key": "none"}}]
    )
    naive, outbox = made.sides
    assert isinstance(outbox.design, Outbox)
    assert (naive.design.app.timeout, outbox.design.app.timeout, outbox.design.relay.poll_every) == (3.0, 3.0, 1.0)
    assert (naive.design.app.key, outbox.design.app.key) == ("none", "none")
    assert naive.changes == {"app.timeout": "3s"}
    assert outbox.changes == {"app.timeout": "3s", "relay.poll_every": "1s", "app.key": "none"}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "settings", [["app.timeuot=3s"], ["app.timeout=5"], ["checkout.workers=0"], ["faults[9].for=1s"], ["clock.start=25:99"]]
)  # fmt: skip
def test_errors_have_the_words_of_the_command_line(settings: list[str]) -> None:
    """An unknown key, a value without a unit, a value that can't be, an item that there is not."""
    said = refused(set=dict(text.split("=", 1) for text in settings))
    done = coffee("compare", "storm.yaml", "naive", "outbox", "--no-report", *(f"--set={text}" for text in settings))
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.usefixtures("folder")
def test_names_that_there_are_not() -> None:
    """Of a scenario and of a design, with the nearest one that there is."""
    assert refused(scenario="morning-rash") == 'unknown scenario "morning-rash"; did you mean "morning-rush"?'
    assert refused(sides=[{"design": "outbux"}]) == 'unknown design "outbux"; did you mean "outbox"?'


@pytest.mark.parametrize("name", ["../storm.yaml", "/etc/passwd.yaml", "sub/storm.yaml", ".hidden.yaml", "\\\\host\\x.yaml"])
@pytest.mark.usefixtures("folder")
def test_files_of_other_folders_stay_closed(name: str) -> None:
    """Whatever is in them; and code runs only if the command line named it."""
    assert "the page opens only files of the folder" in refused(scenario=name)
    assert "the page opens only files of the folder" in refused(sides=[{"design": name}])
    assert "runs only code" in refused(sides=[{"design": "mine.py"}])


def test_a_link_to_another_folder_is_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file of the folder that is a symbolic link is none of the folder's."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret.yaml"
    elsewhere.write_text((folder / "storm.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "link.yaml").symlink_to(elsewhere)
    assert "the page opens only files of the folder" in refused(scenario="link.yaml")


@pytest.mark.parametrize(
    "data", [None, 5, "x", [], {}, {"scenario": 1, "sides": BOTH}, {"scenario": "storm.yaml", "sides": []},
             {"scenario": "storm.yaml", "sides": BOTH * 2}, {"scenario": "storm.yaml", "sides": BOTH, "zebra": 1},
             {"scenario": "storm.yaml", "sides": BOTH, "mornings": 10**9},
             {"scenario": "storm.yaml", "sides": BOTH, "seed": -1}],
)  # fmt: skip
@pytest.mark.usefixtures("folder")
def test_what_is_no_wish_is_refused(data: Any) -> None:
    """Whatever is posted, it is a ConfigError and nothing else."""
    with pytest.raises(ConfigError):
        wish(asked(data), Shelf())


@pytest.mark.usefixtures("folder")
def test_a_scenario_is_not_changed_for_one_side() -> None:
    """Both designs meet the same customers, so both meet the same world."""
    assert "every design meets the same world" in refused(sides=[{"design": "naive", "set": {"faults[0].for": "1s"}}])


@pytest.mark.usefixtures("folder")
def test_commands_give_the_same_numbers() -> None:
    """One command if `compare` can do it; one for each side if they differ in more than their names."""
    same = scene(wished(set={"app.timeout": "3s"}, mornings=3))["commands"]
    assert same == ["coffee compare storm.yaml naive outbox --set app.timeout=3s --mornings 3 --seed 0"]
    own = scene(wished(sides=[BOTH[0], {"design": "naive", "set": {"app.timeout": "3s"}}], mornings=3))["commands"]
    assert own == [
        "coffee run storm.yaml naive --mornings 3 --seed 0",
        "coffee run storm.yaml naive --set app.timeout=3s --mornings 3 --seed 0",
    ]


@pytest.mark.parametrize("design", ["naive", "idempotent", "outbox", "inquiry", "autoscaled"])
@pytest.mark.usefixtures("folder")
def test_every_knob_is_in_a_part_of_the_diagram(design: str) -> None:
    """Nothing that can be turned is out of reach, and every value that is offered with a scale is one of it."""
    [side] = scene(wished(sides=[{"design": design}]))["sides"]
    parts = {box["name"] for box in side["layout"]["boxes"]}
    assert {knob["part"] for knob in side["knobs"]} <= parts
    assert all(not knob["offers"] or knob["value"] in knob["offers"] for knob in side["knobs"])
    assert all(wire["line"] for wire in side["layout"]["wires"])


@pytest.mark.usefixtures("folder")
def test_switches_do_what_they_say() -> None:
    """The brownout goes and comes; a key is kept or not; naive, which claims none, says why it can't be turned."""
    slow = scene(wished())["scenario"]["slow"]
    off = wished(set={slow["key"]: slow["off"]})
    assert slow["is_on"] is True
    assert scene(off)["scenario"]["slow"]["is_on"] is False
    naive, outbox = (side["key"] for side in scene(wished())["sides"])
    assert "claims no key" in naive["because"]
    assert (outbox["is_on"], outbox["because"]) == (True, None)
    calm = scene(wished(scenario="w1"))["scenario"]["slow"]
    assert calm["is_on"] is False
    assert scene(wished(scenario="w1", set={calm["key"]: calm["on"]}))["scenario"]["slow"]["is_on"] is True


def test_the_catalogue_has_the_files_of_the_folder(folder: Path) -> None:
    """Scenarios and designs by what they say; files that can't be read are left out."""
    (folder / "mine.yaml").write_text("from: outbox\n", encoding="utf-8")
    (folder / "broken.yaml").write_text("{", encoding="utf-8")
    known = catalogue(Shelf(["morning-rush", "naive"]))
    assert {"storm.yaml", "morning-rush"} <= set(known["scenarios"])
    assert {"mine.yaml", "naive", "outbox"} <= set(known["designs"])
    assert "broken.yaml" not in {**known["scenarios"], **known["designs"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"provider.latency": "{empirical: ../secret.csv}"},
        {"provider.latency": "{empirical: /etc/hostname}"},
        {"traffic": "{arrivals: {file: ../secret.csv}}"},
        {"traffic.arrivals.file": "/etc/hostname"},
        {"prices": "../prices.yaml"},
        {"prices.from": "/etc/prices.yaml"},
    ],
    ids=str,
)
@pytest.mark.usefixtures("folder")
def test_no_change_leads_to_a_file_elsewhere(changes: dict[str, str]) -> None:
    """Neither measured times nor arrivals nor prices."""
    assert "the page opens only files of the folder" in refused(set=changes)


def test_a_file_that_names_code_runs_none(folder: Path) -> None:
    """Also if another file of the folder starts from it; the command line may name it."""
    (folder / "mine.py").write_text("raise SystemExit('ran')\n", encoding="utf-8")
    (folder / "code.yaml").write_text("architecture: mine.py\n", encoding="utf-8")
    (folder / "behind.yaml").write_text("from: code.yaml\n", encoding="utf-8")
    (folder / "outside.yaml").write_text("from: ../elsewhere.yaml\n", encoding="utf-8")
    for name in ("code.yaml", "behind.yaml"):
        assert "runs only code" in refused(sides=[{"design": name}])
    assert "only files of the folder" in refused(sides=[{"design": "outside.yaml"}])
    Shelf(["storm.yaml", "code.yaml"]).check("code.yaml")
