"""What `run` and `compare` say of memory, on stderr: that a large morning in one piece takes much, and how to need less."""

from __future__ import annotations

import pytest

from sim.cli.simulation import tell_of_memory
from sim.config.library import load_scenario, parse_scenario
from tests.cli.coffee import coffee

LARGE = "name: large\nclock: {{start: '07:00', duration: 100min}}\ntraffic: {{rate: {rate}/min}}\n"


@pytest.mark.parametrize(
    ("rate", "cells", "said"),
    [
        (1000, 1, ""),
        (1010, 1, "a morning of about 101,000 purchases takes about 101 MB, 1 KB a purchase; --cells 1 would"),
        (
            10_000,
            1,
            "about 1,000,000 purchases takes about 1,000 MB, 1 KB a purchase; --cells 8 would keep every process below 300",
        ),
        (10_000, 2, ""),
    ],
)
def test_a_large_morning_in_one_piece(capsys: pytest.CaptureFixture[str], rate: int, cells: int, said: str) -> None:
    """More than 100,000 purchases without cells: how much memory that takes, and how many cells keep it below 300 MB."""
    tell_of_memory(parse_scenario(LARGE.format(rate=rate)), cells=cells)
    assert said in (told := capsys.readouterr().err)
    assert bool(told) == bool(said)


def test_a_nationwide_rush_is_large(capsys: pytest.CaptureFixture[str]) -> None:
    """The bundled one is dealt to cells, or warned of."""
    tell_of_memory(load_scenario("nationwide-rush"), cells=1)
    assert "--cells 2 would keep every process below 300 MB" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [("run", "tiny", "--design", "naive"), ("compare", "tiny", "naive", "--no-report")])
def test_the_old_option_is_accepted_and_does_nothing(tiny: str, verb: tuple[str, ...]) -> None:
    """`--tables` changes no number, is not in the help, and says on stderr what keeps memory small."""
    plain, old = (coffee(*verb, "--mornings", "1", "--jobs", "1", "--json", *more) for more in ((), ("--tables", "none")))
    assert old.exit_code == plain.exit_code == 0
    assert "--tables has no effect any more; --cells N is what keeps memory small" in old.stderr
    assert "--tables" not in plain.stderr
    assert [old.stdout.count(part) for part in ('"seed"', '"metrics"')] == [
        plain.stdout.count(part) for part in ('"seed"', '"metrics"')
    ]
    assert "--tables" not in coffee(verb[0], "--help").stdout
