"""What is tried: all that lint names, with values that are enough, and other architectures; nothing that is there already."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.architectures import load_design
from sim.architectures.lint import lint
from sim.config.library import parse_scenario
from sim.experiment.altering import altered, value_of
from sim.explanation.remedy import Candidate, candidates, remedies
from sim.explanation.story import Explanation, explain
from sim.explanation.witness import Witness, find
from sim.ledger.violations import VIOLATIONS
from sim.report.story import closing
from tests.architectures.lint.cases import CASES, Case
from tests.worlds import ONE_CUSTOMER, design, judged, world


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.warned.name}")
def test_whatever_lint_names_is_tried_with_a_value_that_is_enough(case: Case) -> None:
    """For every warning a change of the very knob is among those that are tried, and with it the warning is gone."""
    tried = list(candidates(case.scenario, case.warned))
    hazards = lint(case.warned, case.scenario)
    assert hazards
    for hazard in hazards:
        named = [one for one in tried if is_of(one, hazard.knob)]
        silent = [one.text for one in named if (hazard.rule, hazard.knob) not in warned(one, case)]
        assert silent, hazard


def is_of(candidate: Candidate, knob: str) -> bool:
    """Whether it changes this knob, or something in its section; `from`: the architecture."""
    if knob == "from" or candidate.architecture is not None:
        return knob == "from" and candidate.architecture is not None
    value = candidate.knobs
    for key in knob.split("."):
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def warned(candidate: Candidate, case: Case) -> set[tuple[str, str]]:
    return {(hazard.rule, hazard.knob) for hazard in lint(candidate.design, case.scenario)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.warned.name}")
def test_all_that_lint_calls_enough_is_enough(case: Case) -> None:
    """Each of these changes alone silences the rule that says so."""
    for hazard in lint(case.warned, case.scenario):
        for key, value in hazard.enough:
            with_it = load_design(value) if key == "from" else altered(case.warned, key.split("."), value_of(value))
            assert (hazard.rule, hazard.knob) not in {(one.rule, one.knob) for one in lint(with_it, case.scenario)}, (
                key,
                value,
            )


def test_a_value_that_the_design_has_is_not_tried() -> None:
    """Nor one that is less patient than it is: a payment timeout of ten minutes is not cut to half a minute."""
    patient = design("naive", {"app": {"timeout": "60s"}, "payment": {"timeout": "10min"}}, constant=False)
    texts = [one.text for one in candidates(world(), patient)]
    assert [text for text in texts if "timeout" in text] == ["app: {timeout: 11min}"]
    assert "payment: {timeout: 30s}" in [one.text for one in candidates(world(), design("naive"))]
    slow = ONE_CUSTOMER + 'faults: [{brownout: provider, at: "07:00", for: 5min, latency: x100}]\n'
    assert "payment: {timeout: 45s}" in [one.text for one in candidates(world(slow), design("naive"))]


@pytest.mark.parametrize(
    ("keys", "name", "architectures"),
    [
        ("{}", "naive", ["idempotent", "outbox"]),
        ("none", "naive", ["inquiry", "idempotent", "outbox"]),
        ("none", "inquiry", ["idempotent", "outbox"]),
        ("{}", "inquiry", ["idempotent", "outbox"]),
    ],
)
def test_other_architectures(keys: str, name: str, architectures: list[str]) -> None:
    """For a provider that keeps no keys the one that asks is tried, and first."""
    tried = candidates(world(f"{ONE_CUSTOMER}  keys: {keys}\n"), design(name))
    assert [one.architecture for one in tried if one.architecture] == architectures


def test_another_architecture_keeps_the_knobs_that_it_has() -> None:
    """As in the file in which `from` alone is changed: what the design says of broker and job holds there as well."""
    own = {"renewal_job": {"key": "run", "looks_first": False}, "broker": {"visibility": "5s"}, "claim": {"lock": "7s"}}
    chosen = design("idempotent", own, constant=False)
    other = next(one.design for one in candidates(world(), chosen) if one.text == "from: outbox")
    assert (other.renewal_job.key, other.renewal_job.looks_first, other.broker.visibility) == ("run", False, 5.0)
    assert other.app == load_design("outbox").app


def test_asking_closes_what_no_key_can() -> None:
    """A provider without keys loses an answer: the architecture that asks before it charges again leaves everybody unharmed."""
    scenario = world(ONE_CUSTOMER + "  keys: none\n  ambiguous: 20%\n", arrivals=tuple(range(8)))
    witness = find(scenario, design("naive"), kind="double_charge")
    assert isinstance(witness, Witness)
    assert [one.text for one in remedies(scenario, design("naive"), witness, most=1)] == ["from: inquiry"]


SLOW_STEP = """
name: slow-step
clock: {start: "12:00", duration: 5min, drain: 15min}
traffic: {rate: 12/min}
customers: {patience: {lognormal: {median: 12s, sigma: 0.5}}, after_patience: {tap_again: 100%, refresh: 0%, leave: 0%}}
provider: {keys: none, latency: {uniform: [5s, 60s]}}
"""


def test_a_lock_that_outlasts_its_holder() -> None:
    """Ten seconds guard a step that may take sixty: the remedy is a lock of as long as that and the shop's own work."""
    knobs = {"app": {"timeout": "90s", "retry": {"never": True}}, "payment": {"timeout": "60s", "key": "none"},
             "claim": {"lock": "10s"}, "checkout": {"workers": 64}}  # fmt: skip
    scenario, chosen = parse_scenario(SLOW_STEP), design("idempotent", knobs, constant=False)
    witness = find(scenario, chosen, kind="double_charge")
    assert isinstance(witness, Witness)
    first = next(remedies(scenario, chosen, witness))
    assert (first.text, first.after) == ("claim: {lock: 61s}", 0)


HOLDS = """from sim.architectures.outbox import Outbox


class Later(Outbox):
    defaults = {**Outbox.defaults, "payment": {"key": "none", "workers": 100}, "broker": {"visibility": "10min"}}

    def pay(self, shop, order, retry, breaker):
        yield shop.sleep(3000.0)
        outcome = yield from shop.charge(order)
        yield from shop.settle(order, outcome, tell=True)
"""


def test_a_message_that_is_held_for_longer_than_it_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a story of one's own nobody knows how long it holds a message; hidden for the whole morning, it is charged once."""
    monkeypatch.chdir(tmp_path)
    Path("later.py").write_text(HOLDS, encoding="utf-8")
    scenario = world(ONE_CUSTOMER.replace("10min", "3h"))
    witness = find(scenario, load_design("later.py"), kind="double_charge")
    assert isinstance(witness, Witness)
    assert "broker: {visibility: 186min}" in [one.text for one in remedies(scenario, load_design("later.py"), witness)]


def test_repeated_messages_are_not_put_off() -> None:
    """Where the broker itself repeats, or workers die, a later delivery would only come after the end of the morning."""
    for fault in ("{duplicates: broker, p: 1%}", "{crash: payment, after: charge, p: 1%}"):
        texts = [one.text for one in candidates(world(f"{ONE_CUSTOMER}faults: [{fault}]\n"), design("outbox"))]
        assert not [text for text in texts if text.startswith("broker")]


def test_giving_up_is_no_longer_giving_up() -> None:
    """Payment workers that try once: the retry that lint names is tried, and closes it."""
    scenario, chosen = world(ONE_CUSTOMER + "  failed: 50%\n", arrivals=tuple(range(8))), design("outbox", GIVES_UP)
    witness = find(scenario, chosen, kind="never_confirmed")
    assert isinstance(witness, Witness)
    assert "payment: {retry: {full_jitter: {base: 500ms, cap: 20s}}}" in [
        one.text for one in remedies(scenario, chosen, witness)
    ]


GIVES_UP = {"payment": {"retry": {"never": True}}}
SLOW = """
name: slow
clock: {start: "12:00", duration: 1min, drain: 30min}
traffic: {times: ["12:00"]}
customers: {patience: {constant: 1h}, after_patience: {tap_again: 0%, refresh: 0%, leave: 100%}}
provider: {latency: {constant: 20s}}
"""


def test_a_change_that_does_another_harm_is_told_as_such() -> None:
    """Without retries the customer is no longer charged twice, but told that it failed, and charged: a trade, and no remedy."""
    chosen = design("naive", {"payment": {"timeout": "60s"}}, constant=False)
    explanation = explain(parse_scenario(SLOW), chosen, violation="double_charge")
    assert isinstance(explanation, Explanation)
    assert explanation.witness.kinds[0] == "double_charge"
    trades = {one.text: one.instead for one in explanation.trades}
    assert trades["app: {retry: {never: true}}"] == ("misinformed",)
    assert all(not one.instead for one in explanation.remedies)
    assert not {one.text for one in explanation.remedies} & set(trades)
    told = closing(explanation)
    place = told.index("What would have prevented it, but harmed this customer in another way:")
    how = "still" if "misinformed" in explanation.witness.kinds else "instead"
    assert f"  app: {{retry: {{never: true}}}}   (this customer {how} was told the opposite of the truth)" in told[place:]
    assert explanation.traded.loc["app: {retry: {never: true}}", "instead"] == "misinformed"
    assert list(explanation.changes.index) == [one.text for one in explanation.remedies]
    for trade in explanation.trades:  # as simulation says
        changed = next(one.design for one in candidates(explanation.scenario, chosen) if one.text == trade.text)
        evidence = judged(explanation.scenario, changed, explanation.witness.seed)[1]
        harms = tuple(kind for kind, violation in VIOLATIONS.items() if violation.flags(evidence)[explanation.witness.purchase])
        assert harms == trade.instead


def test_how_many_were_tried_is_said_only_of_what_was_tried() -> None:
    """Nothing is said of changes when none was tried, and their number when none has helped."""
    scenario = world(ONE_CUSTOMER.replace("drain: 10min", "drain: 10s").replace("450ms", "1h"))
    untried = explain(scenario, design("naive"), violation="never_confirmed", most=0)
    assert isinstance(untried, Explanation)
    assert (untried.tried, closing(untried)) == (0, [])
    tried = explain(scenario, design("naive"), violation="never_confirmed")
    assert isinstance(tried, Explanation)
    assert tried.tried == len(list(candidates(scenario, design("naive")))) > 5
    assert closing(tried) == [
        f"None of the {tried.tried} changes that were tried leaves this customer unharmed on this morning."
    ]
    one = explain(parse_scenario(SLOW), design("naive", constant=False), violation="double_charge", most=1)
    assert isinstance(one, Explanation)
    assert 0 < one.tried <= len(list(candidates(one.scenario, one.design)))
