"""`coffee validity`: cases with a known answer in a terminal, as JSON, as files, and as a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.config.library import load_scenario, parse_scenario
from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.experiment.sensitivity import sensitivity
from sim.report.validity import page
from sim.validation.agreement import Estimated, Row, exactly
from sim.validation.case import Case, Checked
from sim.validation.cases import CASES, check, chosen
from tests.cli.coffee import SCENARIO, coffee


def test_some_cases() -> None:
    """Each with its numbers, what is expected, what was simulated, and whether they agree."""
    result = coffee("validity", "layers", "retries-50", "--jobs", "1")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert any(line.startswith("layers: naive, everything fails") for line in lines)
    assert any(line.split() == ["requests", "a", "purchase", "16", "16", "agrees"] for line in lines)
    assert any("1.75" in line and "[" in line and line.endswith("agrees") for line in lines)
    assert result.stderr.splitlines()[-1].startswith("2 cases, 2 mornings in ")


def test_as_json() -> None:
    document = json.loads(coffee("validity", "layers", "--json").stdout)
    assert document["agrees"] is True
    [row] = document["cases"]["layers"]["rows"]
    assert row == {
        "what": "requests a purchase", "expected": 16.0, "at_least": False, "simulated": 16.0, "se": 0.0, "status": "agrees",
    }  # fmt: skip


def test_a_difference_is_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that differs is said to, and the command fails."""

    def differing(*_: object, **__: object) -> list[Checked]:
        return [Checked(CASES["layers"], (Row("requests a purchase", 16.0, exactly(15.0)),), 1, 300, 0.1)]

    monkeypatch.setattr("sim.validation.cases.check", differing)
    result = coffee("validity", "layers")
    assert result.exit_code == 1
    assert "differs" in result.stdout


def test_files_of_a_case(tmp_path: Path) -> None:
    """The files written are the case: they load as it does, and the command told runs them."""
    result = coffee("validity", "layers", "--files", str(tmp_path / "new"))
    assert load_scenario(str(tmp_path / "new" / "layers.yaml")) == CASES["layers"].scenario
    told = result.stdout.splitlines()[-1].split()
    assert told[:2] == ["coffee", "run"]
    assert coffee(*told[1:], "-n", "1").exit_code == 0
    again = coffee("validity", "layers", "--files", str(tmp_path / "new"))
    assert again.exit_code == 2
    assert "there is a file of this name" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mm2",), 'unknown case "mm2"; did you mean "mm5"?'),
        (("layers", "--page", "x.md"), "--page is written from all cases; leave out the names of cases"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], message: str) -> None:
    result = coffee("validity", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C leaves no half of a page."""

    def interrupted(*_: object, **__: object) -> list[Checked]:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.validation.cases.check", interrupted)
    result = coffee("validity", "--page", "x.md")
    assert result.exit_code == 130
    assert not Path("x.md").exists()


def test_any_number_of_processes_finds_the_same() -> None:
    """Rows do not depend on the processes that made them."""
    names = ["layers", "deliveries", "timeout-3s-brownout"]
    assert [r.rows for r in check(names, jobs=1)] == [r.rows for r in check(names, jobs=2)]


ALTERED = ("network.latency", "customers.max_submissions", "checkout.workers")


@pytest.mark.slow
def test_the_page() -> None:
    """Every case of it has its rows and its command; assumptions with an effect are told, and those without are named."""
    done = check(["layers", "retries-50", "deliveries"], jobs=1)
    scenario = parse_scenario(SCENARIO)
    comparison = compare(scenario, ["naive", "outbox"], Effort(3, jobs=1))
    text = page(done, sensitivity(scenario, ["naive"], Effort(2, jobs=1), only=ALTERED), comparison, mornings=2)
    assert "3 numbers" not in text
    assert "6 numbers" in text  # 1 + 1 + 4
    for result in done:
        assert f"`coffee validity {result.case.name} --full`" in text
    assert "4 taps of the customer** (`coffee validity layers --full`): " in text
    assert "\n| requests a purchase | 16 | 16 | agrees |\n" in text
    assert "`network.latency`" in text
    assert "| outbox |" in text
    assert "{{" not in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)


def test_names_are_unique_and_found() -> None:
    assert chosen() == list(CASES.values())
    assert [case.name for case in chosen(["mm1", "layers", "mm1"])] == ["mm1", "layers"]


def test_more_mornings_must_be_less_noisy() -> None:
    """The page's runs bound their noise by the root of how many more mornings they take."""
    case = CASES["layers"]
    noisy = Case(
        case.name, case.title, case.source, case.world, case.design,
        lambda _: [Row("x", 1.0, Estimated(1.0, 0.06), 0.1)], more=4,
    )  # fmt: skip
    from sim.validation.case import checked

    assert checked(noisy).agrees
    assert not checked(noisy, full=True).agrees


LATENCY = ("--assumption", "network.latency", "--jobs", "1")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tiny: str) -> None:
    """Two mornings of another scenario, for the page's six of the rush."""
    monkeypatch.setattr("sim.report.validity.SCENARIO", tiny)
    monkeypatch.setattr("sim.report.validity.MORNINGS", 2)


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_one_assumption() -> None:
    """Halved and doubled, with what that does to each design; the differences as JSON."""
    result = coffee("validity", *LATENCY)
    assert result.exit_code == 0
    assert "network.latency" in result.stdout
    assert "outbox" in result.stdout
    effects = json.loads(coffee("validity", *LATENCY, "--json").stdout)
    assert {(effect["altered"], effect["design"]) for effect in effects} == {
        (f"{{constant: {ms}ms}}", name) for ms in (10, 40) for name in ("naive", "idempotent", "outbox")
    }
    for effect in effects:
        sign = -1 if "10ms" in effect["altered"] else 1
        assert sign * effect["differences"]["ack_latency_p50"]["difference"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--assumption", "network.latencie"), 'no assumption "network.latencie"; did you mean "network.latency"?'),
        (("mm1", "--assumption", "network.latency"), "--assumption: is about no case"),
    ],
)
def test_mistaken_assumptions(arguments: tuple[str, ...], message: str) -> None:
    result = coffee("validity", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
