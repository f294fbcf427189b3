"""Tables and JSON lines as lines of a log; what is wrong in them is said with file, line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.config.errors import ConfigError
from sim.measured.files import read_log
from sim.measured.line import End
from sim.measured.rows import MOST_SHOWN
from sim.measured.spellings import COLUMNS, ENDS, KINDS, column_of, end_of, folded, kind_of

HEAD = "kind,start,duration,outcome\n"


def read(folder: Path, text: str, name: str = "log.csv", **options: object) -> object:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_log([path], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "seconds"),
    [
        ("2026-03-02T07:30:00Z", 27000.0),
        ("2026-03-02 07:30:00.250+09:00", 27000.25),  # the clock on the wall, wherever that is
        ("1772436600", 27000.0),
        ("1772436600.5", 27000.5),
        ("1772436600250", 27000.25),
        ("1772436600250000", 27000.25),
        ("1772436600250000000", 27000.25),
        ("27000.25", 27000.25),
    ],
)
def test_times(start: str, seconds: float, tmp_path: Path) -> None:
    """ISO 8601, seconds or finer units since 1970, seconds after midnight: all are the clock on the wall."""
    log = read(tmp_path, f"{HEAD}call,{start},0.5,ok\n")
    assert log.calls[0].start_s == pytest.approx(seconds, abs=1e-5)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("columns", "cells"),
    [
        ("type,timestamp,latency,status", "charge,27000,450ms,200"),
        ("Kind,Start Time,Duration_MS,HTTP-Status", "calls,27000,450,201"),
        ("kind,started_at,ended_at,outcome", "CALL,27000,27000.45,Captured"),
        ("source;time;elapsed;result", "psp;27000;0,45;success"),
    ],
)
def test_other_spellings(columns: str, cells: str, tmp_path: Path) -> None:
    """Common names of columns and words, whatever their case; semicolons with decimal commas; an end instead of a duration."""
    [line] = read(tmp_path, f"# a comment\n{columns}\n{cells}\n").calls  # type: ignore[attr-defined]
    assert (line.start_s, line.duration_s, line.end) == (27000.0, pytest.approx(0.45), End.OK)


def test_columns_and_kinds_that_are_told(tmp_path: Path) -> None:
    """`columns` names a column that nobody could guess; `kind` is that of every line."""
    text = "began,duration,outcome\n27000,1,timeout\n"
    log = read(tmp_path, text, columns={"start": "began"}, kind="call")
    assert log.calls[0].end is End.TIMEOUT  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="column: tap=zebra: no file has a column zebra"):
        read(tmp_path, text, columns={"start": "began", "tap": "zebra"}, kind="call")


def test_no_spelling_means_two_things() -> None:
    """Each spelling is of one column, one kind, one end, and is written as it is looked up."""
    for registry, lookup in ((COLUMNS, column_of), (KINDS, kind_of), (ENDS, end_of)):
        spelt = [theirs for others in registry.values() for theirs in others]
        assert len(spelt) == len(set(spelt))
        for ours, others in registry.items():
            for theirs in others:
                assert theirs == folded(theirs)
                assert lookup(theirs) == ours


@pytest.mark.parametrize(
    ("status", "end"),
    [("200", End.OK), ("204", End.OK), ("302", End.OTHER), ("404", End.OTHER), ("501", End.ERROR), ("503", End.FAILED),
     ("504", End.TIMEOUT), ("499", End.CANCELLED), ("Timed Out", End.TIMEOUT), ("CARD_DECLINED", End.DECLINED)],
)  # fmt: skip
def test_how_it_ended(status: str, end: End) -> None:
    """HTTP statuses, and words in any case."""
    assert end_of(status) is end


WRONG = [
    ("", "no data"),
    (HEAD, "no data"),
    ("a,b\n1,2\n", ":1: no column start; the columns are a, b"),
    ("start,duration,outcome\n1,2,ok\n", ":1: nothing says whether"),
    ("kind,start,outcome\ncall,1,ok\n", ":1: no column duration"),
    ("kind,start,time,duration,outcome\ncall,1,1,2,ok\n", ":1: start and time can both be"),
    ("kind,start,start,duration,outcome\ncall,1,1,2,ok\n", 'the column "start" is there twice'),
    (f"{HEAD}call,soon,1,ok\n", ':2: start: expected a time .*got "soon"'),
    (f"{HEAD}call,-5,1,ok\n", ":2: start: expected a time"),
    (f"{HEAD}call,1e30,1,ok\n", ":2: start: expected a time"),
    (f"{HEAD}call,,1,ok\n", ":2: start: expected a time"),
    (f"{HEAD}call,1,-2,ok\n", ":2: duration: expected a duration between"),
    (f"{HEAD}call,1,nan,ok\n", ":2: duration: expected"),
    (f"{HEAD}call,1,1e400,ok\n", ":2: duration: expected"),
    (f"{HEAD}call,1,1_0,ok\n", ":2: duration: expected"),
    (f"{HEAD}call,1,5 zebras,ok\n", ":2: duration: unknown unit"),
    (f"{HEAD}call,1,1,mayb\n", ':2: outcome: expected an HTTP status.*got "mayb"'),
    (f"{HEAD}call,1,1,declind\n", ':2: outcome: .*did you mean "declined"'),
    (f"{HEAD}zebra,1,1,ok\n", ":2: kind: expected request, handled or call"),
    (f"{HEAD}call,1,1\n", ":2: expected 4 cells"),
    (f'{HEAD}call,1,1,"ok\n', "not a CSV file"),
    ("kind,start,end,outcome\ncall,5,4,ok\n", ":2: end: expected a time from the start"),
    ("kind,start,duration,outcome,attempt\ncall,1,1,ok,0\n", ":2: attempt: expected a whole number from 1"),
    (f"{HEAD}call,1,1,ok\ncall,900000,1,ok\n", "at most 24 hours"),
    ('{"kind": ', ":1: not JSON"),
    ('{"kind":"call","start":1,"duration":1,"outcome":"ok"}\n{"kind"\n', ":2: not JSON"),
    ("[1, 2]", ":1: expected an object"),
    ("{}", ":1: no column start"),
    ("[" * 200_000, ":1: not JSON: nested too deeply"),
    ('{"start": ' + "9" * 6000 + "}", ":1: not JSON: Exceeds the limit"),
    ('{"kind":"call","start":true,"duration":1,"outcome":"ok"}', ":1: start: expected a time"),
    ('{"kind":"call","start":1,"duration":1,"outcome":null}', ":1: outcome: expected an HTTP status"),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_what_is_wrong(text: str, says: str, tmp_path: Path) -> None:
    """The error begins with the file, and names line and column where there is one."""
    with pytest.raises(ConfigError, match=says) as error:
        read(tmp_path, text)
    assert str(error.value).startswith(str(tmp_path / "log.csv"))


def test_many_errors_are_counted(tmp_path: Path) -> None:
    """The first ones are shown, and how many more there are."""
    with pytest.raises(ConfigError) as error:
        read(tmp_path, HEAD + "call,x,1,ok\n" * 500)
    assert len(error.value.messages) == MOST_SHOWN + 1
    assert error.value.messages[-1].endswith("490 more lines like these")
