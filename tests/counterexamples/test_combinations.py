"""Every combination of mishaps: what breaks is found with the fewest, and what holds is told with its bound."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import fields
from random import Random

import numpy as np
import pytest

from docs.certify import BOUNDS, CERTIFIED, file_of
from sim.architectures import load_design
from sim.config.design import Design
from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.config.prices import load_prices
from sim.counterexamples.alphabet import ALPHABET
from sim.counterexamples.combinations import Branch, as_yaml, branch, branch_in_time, every, held_to
from sim.counterexamples.runs import SEED, Chosen, World
from sim.documents.every import FIXED, contradictions, document
from sim.experiment.mornings import simulate
from sim.ledger.audit import audit
from sim.ledger.promises import PROMISES
from sim.ledger.violations import FAILURES
from sim.world.morning import Morning
from tests.architectures.mutants import FreshKeyCompleter, MarkFirst, OutboxInMemory, SettleFirst
from tests.tiers import slow
from tests.worlds import morning

BROKEN = {  # bundled designs that one mishap breaks: the promise, or the harm that their plain architecture does not
    "naive": "charged_at_most_once",
    "no-provider-key": "charged_at_most_once",
    "key-per-submission": "charged_at_most_once",
    "check-then-insert": "charged_at_most_once",
    "check-then-mark": "charged_at_most_once",
    "reads-behind": "charged_at_most_once",
    "forgetful-keys": "charged_at_most_once",
    "library-new-keys": "charged_at_most_once",
    "proxy-repeats": "charged_at_most_once",
    "same-key-for-ever": "every_order_settles",
    "mark-before-publish": "every_order_settles",
    "no-inbox": "awarded_exactly_once",
    "short-inbox": "awarded_exactly_once",
    "dual-write": "awarded_exactly_once",
    "no-fingerprint": "wrong_amount",
    "cached-declines": "never_confirmed",
    "no-reconciler": "charged_at_most_once",
    "trusted-webhooks": "unconverged",
}
MUTANTS = {
    OutboxInMemory: "every_order_settles",
    SettleFirst: "every_confirmed_order_was_paid",
    FreshKeyCompleter: "charged_at_most_once",
    MarkFirst: "every_order_settles",
}
SOUND = ("idempotent", "outbox", "inquiry", "webhooks-first", "checked-webhooks")


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_breaks_at_one_mishap(name: str) -> None:
    found = every(load_design(name), (), mishaps=1)
    assert found.verdict == "broken"
    assert found.found is not None
    assert BROKEN[name] in found.found.broken | found.found.harm
    assert len(found.found.mishaps) == 1


@pytest.mark.parametrize(("mutant", "promise"), MUTANTS.items())
def test_mutants_are_caught(mutant: type[Design], promise: str) -> None:
    """With variants among the bundled designs: a key per attempt, no unique constraint, no inbox."""
    found = every(mutant.model_validate({"name": "mutant"}), [promise], mishaps=2)
    assert found.found is not None
    assert promise in found.found.broken


@pytest.mark.parametrize("name", BROKEN)
def test_its_file_does_the_same_in_a_whole_morning(name: str) -> None:
    """With drain, conservation laws, bill and all."""
    design = load_design(name)
    found = every(design, (), mishaps=1)
    assert found.found is not None
    scenario = parse_scenario(as_yaml(found))
    _, evidence = simulate(scenario, design, load_prices(scenario.prices), SEED)
    for promise, purchases in found.found.broken.items():
        assert PROMISES[promise](evidence.audit).tolist() == purchases
    for kind, purchases in found.found.harm.items():
        assert np.flatnonzero(FAILURES[kind].flags(evidence)).tolist() == purchases


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_holds_at_one_mishap(name: str) -> None:
    found = every(load_design(name), (), mishaps=1)
    assert (found.verdict, found.missing, found.not_tried) == ("holds", (), ())
    assert {"call", "answer", "request", "crash", "errors", "pause", "slow", "customer"}.isdisjoint(found.never_came_up)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in ("idempotent", "outbox", "inquiry")])
def test_what_is_sound_holds_at_two(name: str) -> None:
    """Runs by level: whoever changes the world or the alphabet changes them, and looks at the certificates again."""
    found = every(load_design(name), (), mishaps=2)
    assert found.verdict == "holds"
    assert found.levels[2].runs > 30 * found.levels[1].runs


def test_a_row_less_is_not_tried() -> None:
    """Without it, nothing is said to hold."""
    kinds = [kind for kind in ALPHABET if kind != "slow"]
    found = every(load_design("check-then-insert"), (), mishaps=1, kinds=["call", "answer"])
    assert (found.verdict, found.not_tried) == ("not tried", tuple(kind for kind in ALPHABET if kind not in ("call", "answer")))
    assert every(load_design("outbox"), (), mishaps=1, kinds=kinds).verdict == "not tried"


def test_nothing_that_means_something_is_undecided() -> None:
    """If no request was ever sent again and no key replayed, that nothing broke says little."""
    found = every(load_design("outbox"), (), mishaps=1, kinds=["message"])
    assert (found.verdict, found.missing) == ("undecided", ("retried", "replayed"))


def test_time_is_up() -> None:
    found = every(load_design("outbox"), (), mishaps=3, seconds=0.5, jobs=1)
    assert (found.verdict, found.stopped) == ("undecided", "time")
    assert [level.mishaps for level in found.levels] == [*range(len(found.levels))]


def test_no_branch_outlasts_the_time() -> None:
    """One of tens of thousands of runs is not waited for; one that is over in time is what it is without a limit."""
    world = World(load_design("outbox"), (), 1, ("crash", "answer"))
    first = (world.extensions(())[0],)
    assert branch_in_time(world, first, 3, 0.0) is None
    whole = branch(world, first, 2)
    assert whole.runs > 1
    assert branch_in_time(world, first, 2, math.inf) == whole


def test_processes_change_nothing() -> None:
    design, kinds = load_design("idempotent"), ["call", "crash", "answer"]
    one, two = (every(design, (), mishaps=2, kinds=kinds, jobs=jobs) for jobs in (1, 2))
    assert one.levels == two.levels
    assert one.reached == two.reached


def test_whoever_waits_is_told_how_far_each_level_is() -> None:
    """How many runs there are is known only at the end of a level; from a third of it on it is told within a tenth."""
    told: dict[int, list[tuple[int, int]]] = {}
    found = every(
        load_design("outbox"), (), mishaps=3, kinds=["crash", "answer"], jobs=1,
        progress=lambda mishaps, done, of: told.setdefault(mishaps, []).append((done, of)),
    )  # fmt: skip
    assert list(told) == [1, 2, 3]
    for level in found.levels[1:]:
        so_far = told[level.mishaps]
        assert so_far[0][0] == 0
        assert so_far[-1] == (level.runs, level.runs)
        assert [done for done, _ in so_far] == sorted(done for done, _ in so_far)
        assert all(done < of for done, of in so_far[:-1])
    last = found.levels[3].runs
    assert last > 300
    assert all(abs(of - last) < last / 10 for done, of in told[3] if done > last / 3)


def test_every_set_is_tried_once() -> None:
    """And none is left out that a run of its first mishaps has a moment for."""
    world = World(load_design("naive"), (), 1, ("call", "crash", "answer"))
    tried: Counter[str] = Counter()
    for first in world.extensions(()):
        for second in world.extensions((first,)):
            tried[str(sorted(map(str, (first.written, second.written))))] += 1
    assert set(tried.values()) == {1}
    assert str(sorted(map(str, ({"call": 1, "is": "lost"}, {"call": 2, "is": "lost"})))) in tried
    # the answer to the first request is lost, and the checkout dies when it works on the second
    assert str(sorted(map(str, ({"answer": 1, "is": "lost"}, {"crash": "checkout", "after": "insert", "nth": 2})))) in tried


def test_by_hand() -> None:
    """Without a mishap: charged, kept, ordered and awarded once; and a second tap is the first act that breaks naive."""
    naive = load_design("naive")
    found = branch(World(naive, held_to(naive), 1, ("customer",)), (), 0)
    ending = ((1, 1, 1, 1, 0, 0, 0),)
    assert found == Branch(1, Counter({"": 1}), frozenset({ending}), Counter({"confirmed": 1}), found.digest, None)
    twice = every(load_design("naive"), (), mishaps=1, kinds=["customer"])
    assert twice.found is not None
    assert twice.found.mishaps[0]["customer"] == "taps_again"


def test_two_customers() -> None:
    """A relay that looks for higher ids only misses a row whose transaction commits after a later one."""
    found = every(load_design("last-seen-id"), (), mishaps=1, purchases=2)
    assert found.found is not None
    assert "awarded_exactly_once" in found.found.broken


@pytest.mark.slow
def test_judged_as_by_the_whole_audit() -> None:
    """A sample of runs, simulated to the horizon: the same ending."""
    world = World(load_design("idempotent"), held_to(load_design("idempotent")), 1, tuple(ALPHABET))
    for number, choice in enumerate(world.extensions(())):
        run = world.run((choice,))
        if number % 5 or run is None:
            continue
        scenario = world.scenario.model_copy(update={"mishaps": (choice.mishap,)})
        whole = audit(Morning(scenario, world.design, SEED).run())
        assert run.ending == ((*(int(getattr(whole, fact)[0]) for fact in FACTS),),)


FACTS = ("charged", "kept", "ordered", "awarded", "orphan", "unsettled", "differing")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mishaps": 7}, "mishaps: expected a whole number from 0 to 6"),
        ({"purchases": 0}, "purchases: expected a whole number from 1 to 4"),
        ({"kinds": ["crashes"]}, 'unknown kind of mishap "crashes"; did you mean "crash"?'),
        ({"promises": ["charged"]}, 'unknown promise "charged"'),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        every(load_design("naive"), **({"promises": ()} | arguments))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CERTIFIED)
def test_the_committed_certificates_are_of_these_designs(name: str) -> None:
    """Run again up to one mishap; `make certificates` runs all of it, and a deep test compares."""
    for bound in BOUNDS:
        certificate = json.loads(file_of(name, *bound).read_text(encoding="utf-8"))
        assert certificate["verdict"] == "holds"
        again = every(load_design(name), (), mishaps=1, purchases=bound[1])
        part = document(again)
        assert {key: certificate[key] for key in FIXED} == {key: part[key] for key in FIXED}  # type: ignore[literal-required]
        assert certificate["levels"][:2] == part["levels"]


@pytest.mark.deep
@pytest.mark.parametrize("name", CERTIFIED)
def test_the_committed_certificates_are_right(name: str) -> None:
    for mishaps, purchases in BOUNDS:
        certificate = json.loads(file_of(name, mishaps, purchases).read_text(encoding="utf-8"))
        found = every(load_design(name), (), mishaps=mishaps, purchases=purchases)
        assert contradictions(certificate, document(found)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", slow(["naive", "idempotent", "outbox", "inquiry", "webhooks-first"], but=["outbox"]))
def test_the_laws_hold_whatever_goes_wrong(name: str) -> None:
    """Sets of mishaps, drawn: the whole morning keeps its laws, and its audit is that of the run that ended at rest."""
    design, draw = load_design(name), Random(name)
    world = World(design, (), 2, tuple(ALPHABET))
    tried = 0
    for _ in range(25):
        chosen: Chosen = ()
        while len(chosen) < 3 and (further := world.extensions(chosen)):
            chosen = (*chosen, draw.choice(further))
        if (run := world.run(chosen)) is None:
            continue
        scenario = world.scenario.model_copy(update={"mishaps": tuple(choice.mishap for choice in chosen)})
        whole, alone = morning(scenario, design, SEED)[1], audit(run.tables)
        for field in fields(whole):
            one, other = getattr(alone, field.name), getattr(whole, field.name)
            assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f"), (field.name, [one.written for one in chosen])
        tried += 1
    assert tried > 15
