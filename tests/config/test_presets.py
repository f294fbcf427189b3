"""Presets of the payment provider: published semantics of idempotency keys."""

from __future__ import annotations

import re

import pytest

from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.config.presets import PRESETS
from sim.config.scenario import Provider, ProviderKeys


def provider(text: str) -> Provider:
    return parse_scenario(f"name: x\nprovider: {{{text}}}\n").provider


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_everything_about_keys_and_who_says_so(name: str) -> None:
    """Every property of a key has a value and a mark; the scenario gets those values."""
    preset, keys = PRESETS[name], provider(f"preset: {name}").keys
    if preset.keys is None:
        assert keys == "none"
        return
    assert set(preset.keys) == set(ProviderKeys.model_fields)
    assert keys == ProviderKeys.model_validate({key: semantic.value for key, semantic in preset.keys.items()})
    published = [semantic.mark for semantic in preset.keys.values()].count("published")
    assert published == 0 or re.match(r"https://\S+$", preset.source)


def test_the_published_values() -> None:
    """Stripe v1 keeps keys for a day and stores errors; v2 keeps them for thirty days and doesn't; an old provider has none."""
    first, second = provider("preset: stripe-v1").keys, provider("preset: stripe-v2").keys
    assert isinstance(first, ProviderKeys)
    assert isinstance(second, ProviderKeys)
    assert (first.ttl, first.stores_errors, first.mismatch) == (86_400, True, "error")
    assert (second.ttl, second.stores_errors) == (30 * 86_400, False)
    assert provider("preset: no-keys").keys == "none"


def test_what_a_file_says_itself_comes_on_top() -> None:
    """One property changed, the others from the preset; and no keys at all, if the file says so."""
    keys = provider("preset: stripe-v2, keys: {ttl: 1h}").keys
    assert isinstance(keys, ProviderKeys)
    assert (keys.ttl, keys.stores_errors) == (3600, False)
    assert provider("preset: stripe-v2, keys: none").keys == "none"


def test_a_misspelt_preset() -> None:
    """The nearest one is named, with the place."""
    with pytest.raises(ConfigError, match=r'scenario.yaml:2:12: provider.preset: .*did you mean "stripe-v1"'):
        provider("preset: stripe-1")


@pytest.mark.parametrize("preset", ["[stripe-v1]", "{stripe-v1: 1}", "1", "true"])
def test_what_is_no_name_of_a_preset(preset: str) -> None:
    """A list, a mapping, a number: told with its place like a wrong name."""
    with pytest.raises(ConfigError, match=r"scenario.yaml:2:12: provider.preset"):
        provider(f"preset: {preset}")


def test_no_keys_and_keys_of_ones_own_contradict_each_other() -> None:
    """A provider without keys can't be given a property of them."""
    with pytest.raises(ConfigError, match=r"scenario.yaml:2:29: provider.keys: the preset no-keys has none"):
        provider("preset: no-keys, keys: {ttl: 24h}")
    assert provider("preset: no-keys, keys: none").keys == "none"
