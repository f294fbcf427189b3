"""`coffee rehearse --rush`: a broken shop is caught under load, a right one isn't, and a late generator is no evidence."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sim.real.evidence import LATE_S
from sim.real.rehearse.books import judged_kinds
from sim.real.rehearse.rush import Rush, Rushed
from tests.real.test_rehearse import adapter, free_port, listens, ran_long

QUICK = Path(__file__).parent / "quick_shop.py"


def rush(file: Path, port: int, *more: str) -> tuple[int, dict[str, object]]:
    code, out, err = ran_long("rehearse", str(file), "--json", *more)
    assert not listens(port)
    assert out, err
    return code, json.loads(out)


@pytest.mark.slow
def test_a_shop_that_charges_twice_is_caught_or_the_run_is_no_evidence(tmp_path: Path) -> None:
    """A few seconds: the share of double charges has an interval; on a machine that is too busy it is undecided, and why."""
    file, port = adapter(tmp_path, "twice")
    code, found = rush(file, port, "--rush", "2s", "--rate", "5/s")
    harm = found["harm"]["double_charge"]  # type: ignore[index]
    assert harm["purchases"] > 0
    assert harm["low"] < harm["share"] <= harm["high"]
    late = float(found["lateness_p99_s"]) > LATE_S  # type: ignore[arg-type]
    assert (code, found["verdict"], "late" in str(found["why"])) == ((3, "undecided", True) if late else (1, "violated", False))


@pytest.mark.slow
def test_a_right_shop_under_a_hundred_purchases_a_second(tmp_path: Path) -> None:
    """Nobody is harmed, whatever the provider does; the customers were on time, or the run says that it is no evidence."""
    port = free_port()
    file, _ = adapter(
        tmp_path, "quick", port=port, process=f'process: {{start: "{sys.executable} {QUICK} {port} {{provider}}"}}',
        app="app: {timeout: 2s, backoff: 500ms, attempts: 6}", settle="settle: {most: 10s}",
        service=f'service: {{url: "http://127.0.0.1:{port}", ready: GET /orders}}',
    )  # fmt: skip
    code, found = rush(file, port, "--rush", "10s", "--rate", "100/s", "--seed", "2")
    assert all(rate["purchases"] == 0 for rate in found["harm"].values()), found["harm"]  # type: ignore[attr-defined]
    assert 800 < int(found["purchases"]) < 1200  # type: ignore[call-overload]  # six standard deviations of 1,000
    assert set(found["fates"]) >= {"lost", "refused", "broke", "late", "declined"}  # type: ignore[call-overload]
    late = float(found["lateness_p99_s"]) > LATE_S  # type: ignore[arg-type]
    assert (code, found["verdict"]) == ((3, "undecided") if late else (0, "holds"))


def test_late_customers_are_no_evidence() -> None:
    """Whatever was found: if one customer in fifty was late by more than 20 ms, nobody can say."""
    found = Rushed(1.0, 100.0, kinds=judged_kinds(orders=True))
    found.lateness_s = [0.001] * 98 + [0.5] * 2
    assert (found.verdict, "too busy" in found.why) == ("undecided", True)
    found.lateness_s = [0.001] * 100
    assert found.verdict == "holds"


def test_whose_a_charge_is_must_be_told(tmp_path: Path) -> None:
    """An order that names neither card nor price could be anybody's: refused before anything starts."""
    from sim.config.errors import ConfigError
    from sim.config.service import load_service

    file, _ = adapter(tmp_path, "perfect")
    file.write_text(file.read_text().replace("{cents}", "650").replace("{card}", "pm_card_visa"), encoding="utf-8")
    with pytest.raises(ConfigError, match="whose a charge is"):
        Rush(load_service(file), seconds=1.0, rate=1.0, seed=0, scenario=None)
