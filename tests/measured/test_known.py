"""A log of a simulated morning gives back the scenario and the design that it was simulated with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.architectures import load_design, parse_design
from sim.config.library import load_scenario, parse_scenario
from sim.measured.files import read_log
from sim.measured.fit import Fit, fit
from sim.measured.fitted import Fitted
from sim.measured.line import End
from sim.measured.writing import design_text, scenario_text
from tests.measured.exported import as_csv, as_json_lines, log_of
from tests.measured.known import DESIGN, EXACT, SCENARIO, TRUE

SEEDS = range(5)
# 13 intervals of 95 % in each of 5 mornings: of 65, so many or more miss the truth once in a thousand times (binomial).
MOST_MISSED = 10
# An estimate is off by more than 4.3 standard errors once in 65 * 1000 times; the interval's half is 1.96 of them. Skewed
# intervals are longer on the side that matters, and the half on the truth's side is taken.
FIRST = "traffic.steps.07:00"
FARTHEST = 4.3 / 1.96


def fitted_to(folder: Path, seed: int, *, ledger: bool, json: bool = False) -> Fit:
    scenario, design = parse_scenario(SCENARIO), parse_design(DESIGN)
    rows = log_of(scenario, design, seed, ledger=ledger)
    path = folder / f"log-{seed}"
    path.write_text(as_json_lines(rows) if json else as_csv(rows), encoding="utf-8")
    return fit(read_log([path]), load_design("outbox"))


def by_key(made: Fit) -> dict[str, Fitted]:
    """The first step begins in the second in which the first purchase came: it is called by its minute."""
    found = {".".join(one.key): one for one in made.found if isinstance(one, Fitted)}
    return {FIRST if key.startswith(FIRST) else key: one for key, one in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("ledger", [True, False], ids=["ledger", "no-ledger"])
def test_the_truth_is_within_the_intervals(ledger: bool, tmp_path: Path) -> None:
    """Of five mornings no more intervals miss the truth than 95 % allow, and none misses it by far."""
    missed, looked_at = [], 0
    for seed in SEEDS:
        found = by_key(fitted_to(tmp_path, seed, ledger=ledger))
        for key, exact in EXACT.items():
            assert found[key].value == pytest.approx(exact, rel=1e-6), key
        assert found["app.retry.full_jitter.attempts"].value <= 3
        for key, truth in TRUE.items():
            one = found[key]
            assert isinstance(one.value, float)
            assert one.low is not None
            assert one.high is not None
            looked_at += 1
            if not one.low <= truth <= one.high:
                missed.append((seed, key))
            half = one.high - one.value if truth > one.value else one.value - one.low
            assert abs(truth - one.value) <= FARTHEST * half or key == "app.retry.full_jitter.base", (seed, key, one.comment)
    assert looked_at == len(SEEDS) * len(TRUE)
    assert len(missed) < MOST_MISSED, missed


def test_what_was_given_up_on_is_no_latency(tmp_path: Path) -> None:
    """The spread of the answered calls alone is not within the interval, which holds the true one."""
    scenario, design = parse_scenario(SCENARIO), parse_design(DESIGN)
    path = tmp_path / "log.csv"
    path.write_text(as_csv(log_of(scenario, design, 0, ledger=False)), encoding="utf-8")
    log = read_log([path])
    sigma = by_key(fit(log, design))["provider.latency.lognormal.sigma"]
    paid = np.log([line.duration_s for line in log.calls if line.end in (End.OK, End.DECLINED)])
    assert sigma.low is not None
    assert sigma.high is not None
    assert not sigma.low <= paid.std() <= sigma.high
    assert sigma.low <= 0.8 <= sigma.high


def test_tables_and_json_lines_say_the_same(tmp_path: Path) -> None:
    """The same log in both forms gives the same numbers."""
    in_csv, in_json = (fitted_to(tmp_path, 1, ledger=True, json=json) for json in (False, True))
    assert in_csv.found == in_json.found


def test_what_is_written_is_read_as_it_was_fitted(tmp_path: Path) -> None:
    """Both files load, hold the fitted values, and leave every other key at its default."""
    made = fitted_to(tmp_path, 0, ledger=True)
    files = tmp_path / "mine.yaml", tmp_path / "ours.yaml"
    files[0].write_text(scenario_text(made, "mine"), encoding="utf-8")
    files[1].write_text(design_text(made, "ours", files[1]), encoding="utf-8")
    scenario, design, found = load_scenario(str(files[0])), load_design(str(files[1])), by_key(made)
    assert scenario.name == "mine"
    assert design.name == "ours"
    assert type(design) is type(load_design("outbox"))
    assert scenario.provider.latency.lognormal is not None
    assert scenario.provider.latency.lognormal.median == pytest.approx(
        found["provider.latency.lognormal.median"].value, rel=1e-3
    )
    assert scenario.provider.ambiguous == pytest.approx(found["provider.ambiguous"].value, rel=1e-2)
    assert list(scenario.traffic.steps or ())[1:] == ["07:20", "07:40"]
    assert design.app.timeout == pytest.approx(4.0)
    assert design.payment.timeout == pytest.approx(3.0)
    assert scenario.customers == parse_scenario("name: x").customers
    assert design.checkout.workers == load_design("outbox").checkout.workers


def test_every_value_says_how_sure_it_is(tmp_path: Path) -> None:
    """Each value that is an estimate has an interval around it, and all have the number of lines that they rest on."""
    for one in by_key(fitted_to(tmp_path, 0, ledger=False)).values():
        assert one.n > 0
        if one.low is not None and one.high is not None and isinstance(one.value, float):
            assert one.low <= one.value <= one.high
            assert "95 %" in one.comment
        else:
            assert one.key[0] in ("clock", "database") or one.key[-1] == "attempts"


def test_what_is_not_told_is_assumed_with_its_reason(tmp_path: Path) -> None:
    """Together the fitted and the assumed keys are all keys; calls alone tell nothing of the app, and the reason says so."""
    path = tmp_path / "calls.csv"
    rows = [row for row in log_of(parse_scenario(SCENARIO), parse_design(DESIGN), 0, ledger=True) if row["kind"] == "call"]
    path.write_text(as_csv(rows), encoding="utf-8")
    made = fit(read_log([path]), load_design("outbox"))
    why = {".".join(one.key): one.why for part in ("scenario", "design") for one in made.assumed(part)}  # type: ignore[arg-type]
    assert why["app.timeout"] == "the log has no requests" == why["app.retry"]
    assert why["customers.patience"] == "logs of requests and calls don't show it"
    assert "provider.latency" not in why
    assert "payment.timeout" not in why
    assert "traffic" not in why
    assert "both sides" in why["network.latency"]
