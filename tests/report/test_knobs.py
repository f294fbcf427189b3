from __future__ import annotations

from sim.architectures import load_design, parse_design
from sim.config.library import parse_scenario
from sim.report import knobs


def said(text: str | None) -> str | None:
    return text and text.replace("\u00a0", " ")


def test_settings_stand_side_by_side() -> None:
    """Each knob has a value a design, None where the design doesn't have it; unpublished defaults are called assumptions."""
    mine = parse_design("{name: mine, from: naive, app: {timeout: 3s, retry: {never: true}, retry_budget: 10%}}")
    rows = {row.path: [said(value) for value in row.values] for row in knobs.settings([load_design("outbox"), mine])}
    assert rows["app.key"] == ["purchase", "none"]
    assert rows["app.timeout"] == ["8 s (assumption)", "3 s"]
    assert rows["app.retry"] == ["up to 3 tries, waiting 500 ms to 8 s (full jitter) (assumption)", "no retries"]
    assert rows["app.retry_budget"] == ["none", "10 %"]
    assert rows["payment.key"] == ["order", None]
    assert rows["loyalty.inbox"] == ["7 d", "none"]


def test_every_kind_of_fault_has_words() -> None:
    """A scenario's faults are told as clauses, with their times and numbers."""
    scenario = parse_scenario("""
name: all
faults:
  - {brownout: provider, at: "07:15", for: 15min, latency: x10, failed: 5%, ambiguous: 10%}
  - {outage: read_model, every: {exponential: 3h}, for: {uniform: [10s, 30s]}}
  - {slow: database, at: "07:15", for: {lognormal: {median: 90s, sigma: 1}}}
  - {spike: traffic, at: "07:15", for: 2min, times: x3}
  - {crash: checkout, at: "08:05", restart: 20s}
  - {crash: relay, every: {exponential: 1h}}
  - {crash: payment, after: charge, p: 0.1%, times: 2}
  - {duplicates: broker, p: 0.5%}
""")
    assert [said(knobs.fault(fault)) for fault in scenario.faults] == [
        "provider brownout at 07:15 for 15 min: calls take 10 times as long, 5 % fail, "
        "10 % charge the card and lose the answer",
        "read model outage again and again, after 3 h on average, for 10 s to 30 s",
        "slow database at 07:15 for 90 s in the median: everything takes 10 times as long",
        "traffic spike at 07:15 for 2 min: 3 times as many people",
        "checkout crash at 08:05, up again after 20 s",
        "relay crash again and again, after 1 h on average, up again after 20 s",
        "payment crash right after the step “charge”, 0.1 % of the times, at most 2 times, up again after 20 s",
        "broker duplicates, all morning: 0.5 % of the messages are delivered again",
    ]
