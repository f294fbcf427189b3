from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.architectures import ARCHITECTURES, architecture_of, design_names, load_design
from sim.architectures.naive import Naive
from sim.config.design import Design, Recovery
from sim.experiment.effort import Effort
from sim.experiment.statistics import Difference, Estimate
from sim.failure_windows.differences import NO_REASON, OWN_STORY, REASONS, difference
from sim.failure_windows.matrix import bundled_windows, survey
from sim.failure_windows.published import (
    CONDITIONS,
    MARKS,
    MECHANISMS,
    OPENED_BY,
    OPENS,
    PUBLISHED,
    REPORTS,
    expected,
    mechanisms,
)
from sim.failure_windows.verdicts import MorningHarm, State, Verdict
from tests.explanation.test_parties import CANCELLER
from tests.tiers import slow
from tests.worlds import design

# What the simulation says, as states by window; blank: closed. Any change here is news.
STATES: dict[str, dict[str, State]] = {
    "naive": dict.fromkeys(
        (
            "W1",
            "W2",
            "W3",
            "W4",
            "W5",
            "W7",
            "W11",
            "W12",
            "W13",
            "W14",
            "W15",
            "W16",
            "W19",
            "W22",
            "W24",
            "W25",
            "W26",
            "W30",
            "W32",
            "W33",
        ),
        "open",
    ),
    "idempotent": {"W7": "open", "W11": "open", "W19": "narrowed", "W30": "open", "W32": "open"},
    "outbox": {"W11": "narrowed"},
    "inquiry": dict.fromkeys(("W7", "W12", "W13", "W16", "W30", "W32"), "open") | {"W19": "narrowed"},
    "webhooks-first": {"W7": "open", "W11": "open", "W19": "narrowed", "W30": "open", "W32": "open"},
}
# Of a variant only what differs from the design that it starts from.
VARIANTS: dict[str, dict[str, State]] = {
    "agent-keys": {"W33": "open"},
    "asks-before-late-retry": {"W11": "closed"},
    "asks-before-cancelling": {"W11": "closed"},
    "authorises-first": {"W11": "closed"},
    "autoscaled": {},
    "cancels-unpaid": {"W11": "closed", "W26": "narrowed"},
    "call-in-transaction": {"W20": "worse"},
    "cached-declines": {"W6": "worse", "W10": "worse", "W11": "worse", "W16": "narrowed"},
    "check-then-insert": {"W14": "narrowed"},
    "check-then-mark": dict.fromkeys(("W1", "W4", "W14", "W19", "W24"), "open")
    | {"W3": "narrowed", "W12": "worse", "W15": "narrowed", "W33": "narrowed"},
    "checked-webhooks": {"W11": "closed"},
    "commits-late": {"W8": "worse", "W30": "worse", "W32": "worse"},
    "delayed-by-the-broker": {},
    "dual-write": {"W7": "open", "W19": "narrowed"},
    "forgetful-keys": {"W2": "open", "W4": "open", "W12": "worse", "W33": "narrowed"},
    "hasty-key": {"W16": "narrowed"},
    "holds-until-due": {"W31": "worse"},
    "inbox-by-order": {},
    "key-per-submission": dict.fromkeys(("W1", "W3", "W14", "W15", "W24", "W25", "W33"), "open"),
    "keyed-behind-a-proxy": {},
    "last-seen-id": {"W29": "open"},
    "library-new-keys": dict.fromkeys(("W5", "W13", "W16", "W26"), "open")
    | dict.fromkeys(("W17", "W18", "W24", "W27", "W33"), "worse"),
    "library-same-key": {},
    "looks-first": dict.fromkeys(("W2", "W3", "W12", "W15", "W25", "W33"), "closed"),
    "mark-before-publish": {"W8": "worse", "W19": "open"},
    "nationwide-idempotent": {},
    "nationwide-naive": {},
    "nationwide-outbox": {"W11": "open"},  # its breaker looks at more calls than a window has
    "no-app-retries": {},
    "no-fingerprint": {"W15": "narrowed"},
    "no-inbox": {"W8": "worse", "W30": "open", "W32": "open"},
    "no-provider-key": dict.fromkeys(("W4", "W5", "W12", "W13", "W26"), "open") | {"W16": "narrowed", "W30": "narrowed"},
    "no-reconciler": {},
    "patient-inquiry": {"W12": "closed", "W13": "closed", "W16": "closed"},
    "proxy-repeats": dict.fromkeys(("W10", "W17", "W18", "W24", "W27", "W33"), "worse") | {"W11": "narrowed"},
    "reads-behind": dict.fromkeys(("W1", "W3", "W4", "W14", "W15", "W24", "W25", "W33"), "open") | {"W12": "worse"},
    "refunds-late-payments": {},
    "renews-by-run": {"W29": "worse"},
    "replays-dead-letters": {"W32": "narrowed"},
    "same-key-other-card": {"W34": "worse"},
    "sells-the-last-twice": {"W27": "worse", "W28": "worse"},
    "short-reservations": {"W28": "worse"},
    "same-key-for-ever": {"W6": "worse", "W16": "narrowed"},
    "short-inbox": {"W8": "worse", "W32": "open"},
    "waits-two-seconds": {"W24": "worse", "W27": "worse", "W33": "worse"},
    "trusted-webhooks": {"W7": "closed", "W9": "worse", "W10": "worse", "W11": "closed", "W19": "closed", "W26": "open"}
    | {"W34": "worse"},
}


def states(name: str) -> dict[str, State]:
    """All states of a design, by window."""
    base = architecture_of(load_design(name))
    return dict.fromkeys(bundled_windows(), "closed") | STATES[base] | VARIANTS.get(name, {})


def made(window: str, name: str, state: State) -> Verdict:
    return Verdict(window, name, state, (), Estimate(None, None, None, 0, 0.0), Difference(None, None, None))


@pytest.mark.slow
@pytest.mark.parametrize("window", slow(bundled_windows(), but=("W1", "W7")))
def test_the_whole_matrix(window: str) -> None:
    """Every cell of the built-in designs is as it was, and so is each in which a variant's one knob makes a difference."""
    changed = [name for name, cells in VARIANTS.items() if window in cells]
    row = survey([*ARCHITECTURES, *changed], [window], Effort(32, 20)).row(window)
    wanted = {name: states(name)[window] for name in [*ARCHITECTURES, *changed]}
    assert {cell.design: cell.state for cell in row} == wanted


def test_every_difference_from_what_is_published_is_explained() -> None:
    """Of all built-in designs and bundled variants."""
    assert set(VARIANTS) | set(STATES) == set(design_names())
    for name in design_names():
        chosen = load_design(name)
        for window, state in states(name).items():
            differs = difference(made(window, name, state), chosen)
            assert differs is None or not differs.reason.startswith(NO_REASON), (window, name, state)


@pytest.mark.slow
def test_every_reason_is_needed() -> None:
    """A reason that explains no cell of any bundled design, or of the further ones below, is out of date."""
    bundled = {name: load_design(name) for name in design_names()}
    cells = [(window, chosen, state) for name, chosen in bundled.items() for window, state in states(name).items()]
    cells += [(window, design(base, knobs), state) for base, knobs, window, state, _ in FURTHER]
    given = [differs.reason for window, chosen, state in cells if (differs := difference(made(window, "", state), chosen))]
    assert [reason.text for reason in REASONS if not any(text.startswith(reason.text) for text in given)] == []


ALONE: dict[str, Any] = {"recovery": {"reconcile_every": None}}
# Designs beyond the bundled ones: what simulation finds in a window, and how the reason begins.
FURTHER: list[tuple[str, dict[str, Any], str, State, str]] = [
    ("naive", {"recovery": {"reconcile_every": "60s"}}, "W5", "open", "The matrix lets the reconciler close it, but it comes"),
    ("naive", {"recovery": {"reconcile_every": "60s"}}, "W11", "open", "The matrix lets the reconciler close it, but it comes"),
    ("naive", {"recovery": {"reconcile_every": "60s"}}, "W7", "open", "After this crash the order is confirmed"),
    ("naive", {"recovery": {"reconcile_every": "60s"}}, "W1", "open", "Without a key that all taps on Pay share"),
    ("outbox", {"payment": {"breaker": None}, **ALONE}, "W11", "open", "It is our own payment worker that comes back"),
    ("outbox", {"payment": {"news": "direct"}, **ALONE}, "W7", "open", "After this crash the order is confirmed"),
    ("idempotent", ALONE, "W11", "open", "It is our own completer that comes back"),
    ("idempotent", ALONE, "W7", "open", "After this crash the order is confirmed"),
    ("idempotent", {"app": {"key": "none"}, **ALONE}, "W12", "worse", "A worker that stands still or dies gives no answer"),
]
PARTS = {  # words -> whether a design has the part that they speak of
    "completer": lambda chosen: hasattr(chosen, "completer"),
    "payment worker": lambda chosen: hasattr(chosen.payment, "workers"),
    "reconciler": lambda chosen: chosen.recovery.reconcile_every is not None,
    "permanent row": lambda chosen: getattr(getattr(chosen, "claim", None), "ttl", 0) is None and chosen.app.key == "purchase",
    "breaker": lambda chosen: getattr(chosen.payment, "breaker", None) is not None,
    "There is an inbox": lambda chosen: chosen.loyalty.inbox is not None,
    "a provider key of its own": lambda chosen: getattr(chosen.payment, "key", "") == "order",
    "our own": lambda chosen: not isinstance(chosen, Naive),
}  # fmt: skip


def spoken() -> Iterator[tuple[str, Design, str, State]]:
    """Designs, with and without a reconciler, and a state of a window."""
    for name in VARIANTS | STATES:
        chosen = load_design(name)
        yield from ((name, chosen, window, state) for window, state in states(name).items())
        alone = chosen.model_copy(update={"recovery": Recovery()})
        yield from ((name, alone, window, state) for window in PUBLISHED for state in ("narrowed", "open", "worse"))
    yield from ((base, design(base, knobs), window, state) for base, knobs, window, state, _ in FURTHER)


def test_a_reason_speaks_only_of_parts_that_there_are() -> None:
    """No completer, reconciler, breaker or key is told of in a design without it, whatever a simulation might find."""
    told = 0
    for name, chosen, window, state in spoken():
        differs = difference(made(window, name, state), chosen)
        for words, has in PARTS.items():
            if differs is not None and words in differs.reason.replace("not a reconciler", ""):
                told += 1
                assert has(chosen), (name, window, words)
    assert told > 20


@pytest.mark.parametrize(("base", "knobs", "window", "state", "begins"), FURTHER)
def test_further_designs_are_explained(base: str, knobs: dict[str, Any], window: str, state: State, begins: str) -> None:
    """By the parts that they have, and not by those of the architecture's usual design."""
    differs = difference(made(window, base, state), design(base, knobs))
    assert differs is not None
    assert differs.reason.startswith(begins)


HARMED = (MorningHarm(600, 4, {"double_charge": 1, "never_confirmed": 3}, exposed=True),)


def test_what_nobody_has_explained_is_told_by_its_harm() -> None:
    """A key would have to fail for that."""
    cell = replace(made("W2", "outbox", "open"), harms=HARMED)
    differs = difference(cell, load_design("outbox"))
    assert differs is not None
    assert differs.reason == f"{NO_REASON} The commonest harm, 3 of 4: the customer never got an order, with a good card."
    assert differs.expectation.states == ("closed",)


def test_a_story_of_ones_own_is_not_explained_by_a_built_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no charge, no reconciler, and whoever comes gets nothing: the reason names none of them."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(CANCELLER.format(name="canceller"), encoding="utf-8")
    for window in PUBLISHED:
        cell = replace(made(window, "mine", "worse"), harms=HARMED)
        differs = difference(cell, load_design("mine.py"))
        assert differs is not None
        assert differs.reason.startswith(OWN_STORY)
        assert "3 of 4: the customer never got an order" in differs.reason


@pytest.mark.parametrize("state", ["undecided", "closed"])
def test_an_undecided_cell_differs_from_nothing(state: State) -> None:
    assert difference(made("W2", "outbox", state), load_design("outbox")) is None


def test_a_window_that_nobody_has_written_about_differs_from_nothing() -> None:
    assert expected("W99", load_design("naive")) is None
    assert difference(made("W99", "naive", "open"), load_design("naive")) is None


def test_the_published_matrix_is_complete() -> None:
    """A row for every window, a known mark for every mechanism; conditions and openings speak of what there is."""
    assert [*PUBLISHED, *REPORTS] == list(bundled_windows())
    assert sorted(window for windows in OPENS.values() for window in windows) == sorted(bundled_windows())
    for row in PUBLISHED.values():
        assert set(row) == set(MECHANISMS)
        assert set(row.values()) <= set(MARKS)
    assert all(window in PUBLISHED and mechanism in MECHANISMS for window, mechanism in CONDITIONS)
    assert set(OPENED_BY) <= set(PUBLISHED)


@pytest.mark.parametrize(
    ("base", "knobs", "there", "absent"),
    [
        ("naive", {}, set(), set(MECHANISMS)),
        ("naive", {"app": {"key": "purchase"}}, set(), {"key_per_cart"}),
        ("idempotent", {}, {"key_per_cart", "unique_insert", "provider_key", "completer", "reconciler"}, {"outbox"}),
        ("idempotent", {"app": {"key": "submission"}}, {"key_per_submission"}, {"key_per_cart", "unique_insert"}),
        ("idempotent", {"app": {"key": "none"}}, {"provider_key"}, {"key_per_submission", "key_per_cart", "fingerprint"}),
        ("idempotent", {"claim": {"guard": "check_then_insert"}}, {"key_per_cart"}, {"unique_insert"}),
        ("idempotent", {"payment": {"key": "attempt"}}, {"completer"}, {"provider_key"}),
        ("idempotent", {"payment": {"webhooks": "trusted"}}, {"completer"}, {"webhook_inbox"}),
        ("outbox", {}, {"outbox", "consumer_inbox", "completer", "provider_key"}, {"webhook_inbox"}),
        ("outbox", {"payment": {"news": "direct"}}, {"completer"}, {"outbox"}),
        (
            "outbox",
            {"loyalty": {"inbox": None}, "recovery": {"reconcile_every": None}},
            set(),
            {"consumer_inbox", "reconciler"},
        ),
        ("inquiry", {}, {"unique_insert", "completer"}, {"provider_key"}),
    ],
)
def test_mechanisms_are_read_from_the_knobs(base: str, knobs: dict[str, Any], there: set[str], absent: set[str]) -> None:
    """Not from the names: a design is called what its author likes."""
    found = set(mechanisms(design(base, {"name": "outbox-deluxe", **knobs})))
    assert there <= found
    assert not absent & found


@pytest.mark.parametrize(
    ("window", "base", "knobs", "wanted"),
    [
        ("W1", "naive", {}, ("open",)),
        ("W1", "idempotent", {}, ("closed",)),
        ("W1", "idempotent", {"app": {"key": "submission"}}, ("narrowed",)),
        (
            "W6",
            "idempotent",
            {"payment": {"after_error": "same_key"}, "recovery": {"reconcile_every": None}},
            ("narrowed", "open", "worse"),
        ),
        ("W6", "idempotent", {"recovery": {"reconcile_every": None}}, ("closed",)),
        ("W7", "idempotent", {}, ("narrowed",)),
        ("W8", "naive", {}, ("closed",)),
        ("W8", "outbox", {"loyalty": {"inbox": None}}, ("open", "worse")),
        ("W11", "idempotent", {"claim": {"ttl": "30min"}, "recovery": {"reconcile_every": None}}, ("open",)),
        ("W12", "inquiry", {}, ("narrowed", "open", "worse")),
        ("W13", "inquiry", {}, ("open", "worse")),
    ],
)
def test_what_is_expected_of_several_mechanisms_together(
    window: str, base: str, knobs: dict[str, Any], wanted: tuple[State, ...]
) -> None:
    """One that closes is enough; then what makes it worse; then what narrows; without any effect it is open."""
    found = expected(window, design(base, knobs))
    assert found is not None
    assert found.states == wanted


def test_the_matrix_of_a_design_of_ones_own() -> None:
    """A user's variant gets its differences explained by its knobs."""
    mine = design("outbox", {"name": "mine", "payment": {"key": "none"}}, constant=False)
    differs = difference(made("W4", "mine", "open"), mine)
    assert differs is not None
    assert "alone doesn't protect" in differs.reason
