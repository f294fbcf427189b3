"""A class is graded one by one: mistakes stay with who made them, and the same submissions get the same grades."""

from __future__ import annotations

import csv
import io
import os
import site
from pathlib import Path

import pytest

from sim.config.errors import ConfigError
from sim.documents.text import csv_text
from sim.kata.documents import grade_rows
from sim.kata.documents import grades as document
from sim.kata.grading import _environment, grade, submissions
from tests.processes import ends

OUTBOX = "from: outbox\n"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    for name, text in {"ada": OUTBOX, "ben": "from: idempotent\n", "cy": "from: outbox\napp: {kei: purchase}\n"}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "design.yaml").write_text(text)
    (folder / "dan.yaml").write_text("[]")
    (folder / "eve").mkdir()
    (folder / "notes.txt").write_text("hello")
    return folder


@pytest.mark.slow
def test_a_class(room: Path) -> None:
    """Points by stage, the reasons, and an error for who handed in nothing that can be read; the same with two at a time."""
    grades = grade(room, seed=1000, timeout_s=120.0, jobs=1)
    assert [(one.submission, one.points) for one in grades] == [
        ("ada", (20, 20, 20, 20, 20)),
        ("ben", (20, 0, 0, 0, 0)),
        ("cy", (0, 0, 0, 0, 0)),
        ("dan", (0, 0, 0, 0, 0)),
        ("eve", (0, 0, 0, 0, 0)),
    ]
    by_name = {one.submission: one for one in grades}
    assert by_name["cy"].error == 'design.yaml:2:7: app.kei: unknown key; did you mean "key"?'
    assert by_name["eve"].error == "no design.yaml in this folder"
    assert any("ack_latency_p95" in reason for reason in by_name["ben"].reasons[1])
    rows = list(csv.DictReader(io.StringIO(csv_text(grade_rows(grades)))))
    assert [row["score"] for row in rows] == ["100", "20", "0", "0", "0"]
    assert document(grades, seed=1000)["submissions"][0]["score"] == 100
    assert csv_text(grade_rows(grade(room, seed=1000, timeout_s=120.0, jobs=2))) == csv_text(grade_rows(grades))
    assert submissions(room)[1] == ["notes.txt"]
    assert [path.name for path in (room / "ada").iterdir()] == ["design.yaml"]


CODE = """
from sim.config.design import Design
{body}
class Mine(Design):
    def handle(self, shop, request):
        yield shop.compute(request)
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups as Unix has them")
def test_mistakes_in_code_stay_where_they_are(tmp_path: Path) -> None:
    """A process that kills itself is told, what is overwritten is a copy, and the others have their points."""
    (tmp_path / "dead.py").write_text(CODE.format(body="print('so long'); __import__('os')._exit(7)"))
    (tmp_path / "vandal.py").write_text(CODE.format(body="import pathlib; pathlib.Path('good.yaml').write_text('from: naive')"))
    (tmp_path / "good.yaml").write_text(OUTBOX)
    grades = {one.submission: one for one in grade(tmp_path, seed=1000, timeout_s=120.0, jobs=2)}
    assert grades["dead"].error.startswith("ended with code 7")
    assert grades["good"].score == 100
    assert (tmp_path / "good.yaml").read_text() == OUTBOX


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups as Unix has them")
def test_what_never_finishes_is_ended(tmp_path: Path) -> None:
    """With whatever it has started."""
    started = tmp_path / "pid"
    body = f"""
import pathlib
sleeper = __import__("subprocess").Popen(["sleep", "600"])
pathlib.Path({str(started)!r}).write_text(str(sleeper.pid))
__import__("time").sleep(600)
"""
    (tmp_path / "loop.py").write_text(CODE.format(body=body))
    [one] = grade(tmp_path, seed=1000, timeout_s=8.0)
    assert one.error == "not finished after 8 s"
    if started.exists():
        assert ends(int(started.read_text()))


def test_a_module_beside_a_submission_is_not_ours(tmp_path: Path) -> None:
    """A file called sim.py or json.py in somebody's folder is not what the grading imports."""
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "design.yaml").write_text("from: nothing\n")
    for name in ("sim.py", "json.py", "numpy.py"):
        (tmp_path / "ada" / name).write_text("raise SystemExit(3)\n")
    [one] = grade(tmp_path, seed=1000, timeout_s=60.0)
    assert one.error.startswith("design.yaml:1:1: from: unknown architecture")


FORGED = """
import sys
os = __import__("os")
{body}
os._exit(0)
"""
STAGES_OF = 'open(sys.argv[3], "w").write(\'{"design": "", "stages": [%s]}\')'


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes as Unix has them")
@pytest.mark.parametrize(
    "body",
    [
        "os.mkfifo(sys.argv[3])",
        "os.symlink('/dev/zero', sys.argv[3])",
        STAGES_OF % ", ".join(['{"points": 1000, "reasons": []}'] * 5),
        STAGES_OF % ", ".join(['{"points": Infinity, "reasons": []}'] * 5),
        "open(sys.argv[3], 'w').write('[' * 200000)",
    ],
)
def test_what_is_no_result_is_an_error_of_one(tmp_path: Path, body: str) -> None:
    """Neither waited for, nor the end of everybody's grading, nor more points than there are."""
    (tmp_path / "odd.py").write_text(FORGED.format(body=body) + CODE.format(body=""))
    [one] = grade(tmp_path, seed=1000, timeout_s=60.0)
    assert (one.score, one.error) == (0, "ended with code 0")


def test_packages_of_the_user_are_found(tmp_path: Path) -> None:
    """Another HOME doesn't hide what `pip install --user` has installed."""
    assert _environment(str(tmp_path))["PYTHONUSERBASE"] == site.getuserbase()
    assert _environment(str(tmp_path))["HOME"] == str(tmp_path)


def test_names_are_no_formulas(tmp_path: Path) -> None:
    """A spreadsheet computes nothing that somebody has named a folder."""
    (tmp_path / "=1+1").mkdir()
    assert csv_text(grade_rows(grade(tmp_path, seed=0, timeout_s=1.0))).splitlines()[1].startswith("'=1+1,0,")
    (tmp_path / "=1+1").rmdir()
    (tmp_path / "=2+2.yaml").write_text("from: nothing\n")
    [row] = csv.DictReader(io.StringIO(csv_text(grade_rows(grade(tmp_path, seed=0, timeout_s=60.0)))))
    assert row["submission"] == "'=2+2"
    assert row["reasons"].startswith("'=2+2.yaml:1:1: from: unknown architecture")


def test_no_submissions_is_an_error(tmp_path: Path) -> None:
    """Not an empty list of grades."""
    with pytest.raises(ConfigError, match="no submissions"):
        submissions(tmp_path)
    with pytest.raises(ConfigError, match="no such folder"):
        submissions(tmp_path / "class")
