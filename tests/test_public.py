"""What `sim` offers is a promise: a name or a parameter that comes, goes or is renamed is written down here."""

from __future__ import annotations

import inspect

import pytest

import coffee_please
import sim

VERBS = {
    "cells": "scenario design cells * mornings seed jobs engine progress",
    "check": "scenario design * mornings seed jobs engine precision progress",
    "compare": "scenario designs * mornings cells seed jobs engine precision progress",
    "cost_curve": "scenario designs * peaks_per_s brownouts_s objectives mornings fresh seed jobs engine progress",
    "explain": "scenario design * violation purchase seed progress",
    "explore": "scenario design * mornings seed",
    "hunt": "design promises * seconds worlds seed progress",
    "every": "design promises * mishaps purchases kinds jobs seconds progress",
    "lint": "design scenario",
    "load_design": "name",
    "load_scenario": "name",
    "parse_design": "text * filename",
    "parse_scenario": "text * filename beside",
    "optimise": "scenario space * minimise subject_to mornings trials seed jobs engine progress",
    "run": "scenario design * seed",
    "schema": "kind",
    "sensitivity": "scenario design inputs * metrics method samples mornings seed jobs engine progress",
    "size": "scenario designs * objectives mornings fresh seed jobs engine progress",
    "sweep": "scenario vary designs * zipped mornings seed jobs engine results progress",
    "twin": "scenario designs * speed seed margin database broker progress",
    "validity": "cases * full jobs progress",
    "what_if": "scenario design * mornings seed jobs engine progress",
    "windows": "designs windows * mornings seed jobs engine progress",
}


def parameters(name: str) -> str:
    """Of a verb, in order; after the star only by name."""
    told = []
    for parameter in inspect.signature(getattr(sim, name)).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in told:
            told.append("*")
        told.append(parameter.name)
    return " ".join(told)


def test_exported_names() -> None:
    """The package exports its verbs and its version, and nothing else."""
    assert sorted(sim.__all__) == sorted(["__version__", *VERBS])


def test_the_name_by_which_it_is_installed() -> None:
    """`coffee_please` has the same names, and they are the same things."""
    assert coffee_please.__all__ == sim.__all__
    assert all(getattr(coffee_please, name) is getattr(sim, name) for name in sim.__all__)
    assert dir(coffee_please) == dir(sim)
    with pytest.raises(AttributeError, match="'nothing'"):
        coffee_please.nothing  # noqa: B018


@pytest.mark.parametrize("name", VERBS)
def test_parameters(name: str) -> None:
    """Each verb takes these, by place up to the star and by name after it."""
    assert parameters(name) == VERBS[name]
