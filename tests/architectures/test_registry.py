"""Designs by name: the architectures, and the variants that come with the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.architectures import ARCHITECTURES, COMPARED, architecture_of, design_names, load_design, parse_design
from sim.config.errors import ConfigError
from sim.config.library import names
from sim.ledger.promises import PROMISES


def test_names_of_designs() -> None:
    """Architectures in the order of the registry, then the bundled variants without those of incidents, and no scenario."""
    assert list(ARCHITECTURES) == ["naive", "idempotent", "outbox", "inquiry", "webhooks-first"]
    assert COMPARED == ("naive", "idempotent", "outbox")
    assert design_names() == [*ARCHITECTURES, *(name for name in names("designs") if "/" not in name)]
    assert {"last-seen-id", "no-inbox"} < set(design_names())
    assert not set(design_names()) & set(names())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_built_in_design(name: str) -> None:
    """Its name is the architecture's, and its summary the first line of what the architecture says of itself."""
    chosen = load_design(name)
    assert type(chosen) is ARCHITECTURES[name]
    assert (chosen.name, architecture_of(chosen)) == (name, name)
    assert ARCHITECTURES[name].__doc__ is not None
    assert chosen.summary == ARCHITECTURES[name].__doc__.partition("\n")[0]


def test_a_variant_starts_from_an_architecture() -> None:
    """By its name among the bundled ones, and by the path of a file; a name of its own wins over the file's."""
    variant = load_design("last-seen-id")
    assert (variant.name, architecture_of(variant)) == ("last-seen-id", "outbox")
    assert parse_design("from: naive\n").name == "design"
    assert parse_design("from: naive\n", filename="mine/tea.yaml").name == "tea"
    assert parse_design("from: naive\nname: coffee\n", filename="mine/tea.yaml").name == "coffee"


def test_a_file_that_is_called_like_a_design(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that ends in .yaml or .yml is a file of the user's; its errors are told with the path as it was given."""
    monkeypatch.chdir(tmp_path)
    for file in ("naive.yaml", "tea.yml"):
        Path(file).write_text("from: outbox\n", encoding="utf-8")
        assert architecture_of(load_design(file)) == "outbox"
    Path("mine").mkdir()
    Path("mine/tea.yaml").write_text("from: oubox\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^mine/tea\.yaml:1:1: from: unknown design 'oubox'; did you mean \"outbox\"\?$"):
        load_design("mine/tea.yaml")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("outbx", 'unknown design "outbx"; did you mean "outbox"?'),
        ("last-sene-id", 'unknown design "last-sene-id"; did you mean "last-seen-id"?'),
        ("morning-rush", 'unknown design "morning-rush"; that is a scenario'),
        ("w4", 'unknown design "w4"; that is a scenario'),
        ("qqq", 'unknown design "qqq"; coffee list shows all names (a file\'s name must end in .yaml)'),
        ("mine/tea", 'unknown design "mine/tea"; known: agent-keys, '),
        ("tea.yaml", "tea.yaml: no such file"),
        ("tea.yml", "tea.yml: no such file"),
    ],
)
def test_a_design_that_is_not_there(name: str, message: str) -> None:
    """The nearest name, or what the name means instead."""
    with pytest.raises(ConfigError) as caught:
        load_design(name)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name: x\n",
            "design.yaml:1:1: from: required, but missing; one of naive, idempotent, outbox, inquiry, webhooks-first",
        ),
        (
            "name: x\nfrom: tea\n",
            "design.yaml:2:1: from: unknown design 'tea'; known: naive, idempotent, outbox, inquiry, webhooks-first",
        ),
    ],
)
def test_a_design_that_starts_from_nothing(text: str, message: str) -> None:
    """The error names the place and all architectures."""
    with pytest.raises(ConfigError) as caught:
        parse_design(text)
    assert str(caught.value) == message


PROMISED = {
    "naive": ["every_confirmed_order_was_paid"],
    "idempotent": [
        "charged_at_most_once", "ordered_at_most_once", "every_confirmed_order_was_paid", "nobody_pays_for_nothing",
        "every_order_settles",
    ],
    "outbox": [
        "charged_at_most_once", "ordered_at_most_once", "every_confirmed_order_was_paid", "nobody_pays_for_nothing",
        "awarded_exactly_once", "every_order_settles", "all_stores_agree",
    ],
    "inquiry": ["ordered_at_most_once", "every_confirmed_order_was_paid", "nobody_pays_for_nothing", "every_order_settles"],
    "webhooks-first": [
        "charged_at_most_once", "ordered_at_most_once", "every_confirmed_order_was_paid", "nobody_pays_for_nothing",
        "every_order_settles",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_what_an_architecture_promises(name: str) -> None:
    """Promises are what the tests of all weathers hold an architecture to: one that it drops is not tested any more."""
    assert ARCHITECTURES[name].promises == tuple(PROMISES[promise] for promise in PROMISED[name])


def test_a_scenario_is_no_design() -> None:
    """It is recognised by the first key that no design has, and where that stands; what neither has is just no `from`."""
    with pytest.raises(ConfigError) as told:
        parse_design("name: rush\nclock: {start: '07:00'}\ntraffic: {rate: 1/s}\n", filename="rush.yaml")
    assert str(told.value) == "rush.yaml:2:1: this is a scenario (it has `clock`); expected a design"
    with pytest.raises(ConfigError, match=r"tea\.yaml:1:1: from: required, but missing; one of naive, idempotent"):
        parse_design("colour: green\n", filename="tea.yaml")
