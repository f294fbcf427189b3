"""The command that gives the same numbers again, made from the parameters of the running one."""

from __future__ import annotations

import shlex

import pytest
from typer.main import get_command

from sim.cli.again import again, option_of
from sim.cli.app import app


def context_of(line: str):  # type: ignore[no-untyped-def]
    name, *words = shlex.split(line)
    return get_command(app).commands[name].make_context(name, words)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("run morning-rush outbox", "coffee run morning-rush outbox --mornings 10 --seed 0"),
        ("run morning-rush --design outbox", "coffee run morning-rush outbox --mornings 10 --seed 0"),
        (
            "run 'my rush.yaml' outbox -n 3 -j 2 --engine serial --all --json --cells 2 --set 'faults[0].for=5min'",
            "coffee run 'my rush.yaml' outbox --set 'faults[0].for=5min' --mornings 3 --cells 2 --seed 0",
        ),
        (
            "compare calm-tuesday naive mine.yaml --seed 7 --no-report --out x --cost-curve",
            "coffee compare calm-tuesday naive mine.yaml --mornings 10 --seed 7 --cost-curve",
        ),
        (
            "sweep calm-tuesday -v app.timeout=2s,4s -v checkout.workers=8,9 --zip --results other.sqlite",
            "coffee sweep calm-tuesday --vary app.timeout=2s,4s --vary checkout.workers=8,9 --zip --mornings 10 --seed 0 "
            "--results other.sqlite",
        ),
        ("explain w4", "coffee explain w4 naive --seed 0"),
        (
            "sensitivity w4 naive --method morris -i app.timeout -n 3",
            "coffee sensitivity w4 naive --input app.timeout --method morris --mornings 3 --seed 0",
        ),
        (
            "hunt naive -p paid_is_ordered --worlds 9 --seconds 60",
            "coffee hunt naive --promise paid_is_ordered --worlds 9 --seed 0",
        ),
        ("size w4 naive --peak 60/min --fresh 3", "coffee size w4 naive --peak 60/min --fresh 3 --seed 0"),
    ],
)
def test_what_is_not_the_default_is_said(given: str, made: str) -> None:
    """So are mornings and seed, which may have other defaults in another version; where it runs and what is shown is not."""
    assert again(context_of(given)) == made


def test_values_that_are_known_later() -> None:
    """They take the place of those given."""
    context = context_of("compare calm-tuesday --until-precision 5%")
    made = again(context, designs=["naive", "a b.yaml"], mornings=22, precision=None)
    assert made == "coffee compare calm-tuesday naive 'a b.yaml' --mornings 22 --seed 0"


def test_the_option_of_an_argument() -> None:
    """Its long name; an argument that is no option of the command keeps its own name."""
    context = context_of("run morning-rush outbox")
    assert [option_of(context, name) for name in ("precision", "mornings", "design", "vary")] == [
        "--until-precision", "--mornings", "design", "vary",
    ]  # fmt: skip
