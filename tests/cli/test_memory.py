"""What `run` and `compare` say of memory, on stderr: that a large morning in one piece takes much, and how to need less."""

from __future__ import annotations

import json

import pytest

from sim.cli.work.simulation import say_what_memory_it_takes
from sim.config.library import parse_scenario
from tests.cli.coffee import coffee

LARGE = "name: large\nclock: {{start: '07:00', duration: 100min}}\ntraffic: {{rate: {rate}/min}}\n"


@pytest.mark.parametrize(
    ("rate", "cells", "said"),
    [
        (1000, 1, ""),
        (
            1010,
            1,
            "a morning of about 101,000 purchases takes about 101 MB, 1 KB a purchase; --cells 2 would",
        ),
        (
            10_000,
            1,
            "about 1,000,000 purchases takes about 1,000 MB, 1 KB a purchase; --cells 10 would keep every process below 300",
        ),
        (100_000, 1, "--cells 100 would keep every process below 1,050 MB"),
        (10_000, 2, ""),
    ],
)
def test_a_large_morning_in_one_piece(capsys: pytest.CaptureFixture[str], rate: int, cells: int, said: str) -> None:
    """More than 100,000 purchases without cells: how much memory that takes, and how many cells keep it below 300 MB."""
    say_what_memory_it_takes(parse_scenario(LARGE.format(rate=rate)), cells=cells)
    assert said in (told := capsys.readouterr().err)
    assert bool(told) == bool(said)


@pytest.mark.parametrize("verb", [("run", "tiny.yaml", "naive"), ("compare", "tiny.yaml", "naive", "--no-report")])
def test_the_old_option_is_accepted_and_does_nothing(tiny: str, verb: tuple[str, ...]) -> None:
    """`--tables` changes no number, is not in the help, and says on stderr what keeps memory small."""
    plain, old = (coffee(*verb, "--mornings", "1", "--jobs", "1", "--json", *more) for more in ((), ("--tables", "none")))
    assert old.exit_code == plain.exit_code == 0
    assert "--tables has no effect any more; --cells N is what keeps memory small" in old.stderr
    assert "--tables" not in plain.stderr
    numbers = [json.loads(done.stdout) for done in (plain, old)]
    assert numbers[0] == numbers[1]
    assert "--tables" not in coffee(verb[0], "--help").stdout
