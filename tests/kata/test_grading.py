"""A class is graded one by one: mistakes stay with who made them, and the same submissions get the same grades."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import site
import socket
from pathlib import Path

import pytest

from sim.architectures import parse_design
from sim.config.errors import ConfigError
from sim.documents.text import csv_text
from sim.kata import box
from sim.kata.check import check
from sim.kata.documents import grade_rows
from sim.kata.documents import grades as document
from sim.kata.exercises import FIRST
from sim.kata.grading import _environment, exercise_of, grade, submissions
from tests.kata.designs import PASSES
from tests.processes import ends


@pytest.fixture
def room(tmp_path: Path) -> Path:
    folder = tmp_path / "class"
    for name, text in {"ada": PASSES, "ben": "from: idempotent\n", "cy": "from: outbox\napp: {kei: purchase}\n"}.items():
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


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups as Unix has them")
def test_mistakes_in_code_stay_where_they_are(tmp_path: Path) -> None:
    """A process that kills itself is told, what is overwritten is a copy, and the others have their points."""
    ends = "print('so long'); __import__('os').execv('/bin/sh', ['sh', '-c', 'exit 7'])"
    (tmp_path / "dead.py").write_text(CODE.format(body=ends))
    (tmp_path / "vandal.py").write_text(CODE.format(body="import pathlib; pathlib.Path('good.yaml').write_text('from: naive')"))
    (tmp_path / "good.yaml").write_text(PASSES)
    grades = {one.submission: one for one in grade(tmp_path, seed=1000, timeout_s=120.0, run_code=True, jobs=2)}
    assert grades["dead"].error.startswith("dead.py: the process of this class has ended")
    assert grades["good"].score == 100
    assert (tmp_path / "good.yaml").read_text() == PASSES


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
    [one] = grade(tmp_path, seed=1000, timeout_s=8.0, run_code=True)
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
    assert one.error.startswith("design.yaml:1:1: from: unknown design")


FORGED = """
import sys
os = __import__("os")
{body}
os.execv('/bin/sh', ['sh', '-c', 'exit 0'])
"""
PRINTED = "for file in range(3, 40):\n    try:\n        os.write(file, {result})\n    except OSError:\n        pass"
STAGES = b'{"design": "", "stages": [%s]}' % b", ".join([b'{"points": 20, "reasons": []}'] * 5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        PRINTED.format(result=STAGES),
        PRINTED.format(result=len(STAGES).to_bytes(4, "big") + STAGES),
        PRINTED.format(result="b'[' * 200_000"),
        "os.closerange(3, 999)",
        "pass",
    ],
)
def test_what_is_no_result_is_an_error_of_one(tmp_path: Path, body: str) -> None:
    """The process of a class has no file in which a result would be looked for."""
    (tmp_path / "odd.py").write_text(FORGED.replace("{body}", body) + CODE.format(body=""))
    [one] = grade(tmp_path, seed=1000, timeout_s=60.0, run_code=True)
    assert one.score == 0
    assert re.match("odd.py: the process of this class (has ended|says what no story says)", one.error), one.error


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
    assert row["reasons"].startswith("'=2+2.yaml:1:1: from: unknown design")


@pytest.mark.parametrize(
    ("kept", "exercise"), [("{}", "first"), ('{"exercise": "second"}', "second"), ('{"exercise": 7}', "first"), ("[", "first")]
)
def test_the_exercise_is_that_of_the_submissions(tmp_path: Path, kept: str, exercise: str) -> None:
    """As their progress says, which is theirs to write: what is no exercise's name is none."""
    for name in ("ada", "ben"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "design.yaml").write_text("from: naive\n")
    (tmp_path / "ada" / ".kata.json").write_text(kept)
    found, _ = submissions(tmp_path)
    assert exercise_of(found.values()).name == exercise


def test_two_exercises_are_graded_apart(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".kata.json").write_text(f'{{"exercise": "{name}"}}')
    found, _ = submissions(tmp_path)
    with pytest.raises(ConfigError, match="submissions of the exercises first and second; grade them apart"):
        exercise_of(found.values())


@pytest.mark.skipif(os.name != "posix", reason="such names are not everywhere")
def test_every_submission_is_one_row(tmp_path: Path) -> None:
    """Two names that are shown alike, one that holds the end of a line, and one that begins with a dot, which is left out."""
    for name in ("a\x07", "a\\x07", "zoe\nzorro  100", ".hidden"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "design.yaml").write_text("from: naive\n")
    (tmp_path / "Anna.Berg").symlink_to(tmp_path / ".hidden")
    found, others = submissions(tmp_path)
    assert list(found) == ["Anna.Berg", "a\\x07", "a\\x07'", "zoe\\nzorro  100"]
    assert others == [".hidden"]


def test_the_reason_names_the_file_that_was_handed_in(tmp_path: Path) -> None:
    (tmp_path / "ada.yaml").write_text("from: ./other.yaml\n")
    [one] = grade(tmp_path, seed=1000, timeout_s=60.0)
    assert one.error.startswith("ada.yaml: from: ./other.yaml is another file")


@pytest.mark.slow
def test_code_that_is_no_python_says_where(tmp_path: Path) -> None:
    (tmp_path / "ada.py").write_text("class X(:\n")
    [one] = grade(tmp_path, seed=1000, timeout_s=60.0, run_code=True)
    assert one.error == "ada.py:1:9: invalid syntax"


@pytest.mark.slow
def test_who_serves_nobody_has_no_points() -> None:
    """No second charge and no lost point where there is no order: that is no merit."""
    idle = parse_design("{name: idle, from: naive, checkout: {workers: 2, service: {constant: 1h}}}")
    graded = check(idle, FIRST)
    assert graded.points == [0] * 5
    for reasons in (graded.reasons[0], graded.reasons[3]):
        assert reasons[0].startswith("nothing wrong was seen, but too few people were served for it to count")


def test_no_submissions_is_an_error(tmp_path: Path) -> None:
    """Not an empty list of grades."""
    with pytest.raises(ConfigError, match="no submissions"):
        submissions(tmp_path)
    with pytest.raises(ConfigError, match="no such folder"):
        submissions(tmp_path / "class")


def hostile(room: Path) -> dict[str, str]:
    """Submissions that once took everybody's grades away, were believed, or were not their own; and what is said of each."""
    (room / "surrogate.yaml").write_text('from: outbox\n"\\ud800": 1\n')
    (room / "deep" / "/".join("a" * 400)).mkdir(parents=True)
    (room / "deep" / "design.yaml").write_text(PASSES)
    (room / "neighbour.yaml").symlink_to(room / "ada.yaml")
    (room / "everything").symlink_to("/")
    (room / "endless.yaml").symlink_to("/dev/zero")
    os.mkfifo(room / "pipe.yaml")
    with (room / "holes.yaml").open("wb") as file:
        file.truncate(2_000_000_000)
    (room / "linked").mkdir()
    (room / "linked" / "design.yaml").symlink_to("/etc/hostname")
    (room / "outside").mkdir()
    (room / "outside" / "design.yaml").write_text(f"architecture: {room / 'spy.py'}:Spy\n")
    (room / "hidden").mkdir()
    (room / "hidden" / "design.yaml").write_text('"\\x61rchitectur\\u0065": ".cache.\\x70y:Mine"\n')
    (room / "hidden" / ".cache.py").write_text("raise SystemExit")
    (room / "code.py").write_text(CODE.format(body=""))
    (room / "control\x1b]0;x\x07.yaml").write_text("from: nothing\n")
    (room / "latin.yaml").write_bytes("from: outbox # caf\u00e9\n".encode("latin-1"))
    return {
        "surrogate": 'expected text (got "\\ud800")', "deep": "folders in folders, more than 8 deep", "neighbour": "a link;",
        "everything": "a link;", "endless": "a link;", "pipe": "pipe.yaml is no regular file;",
        "holes": "more than 200 files or 16 MB", "linked": "design.yaml is a link;", "outside": "is not in this folder",
        "hidden": "has code (.cache.py), which nobody has asked", "code": "has code (code.py), which nobody has asked to run",
        "control\\x1b]0;x\\x07": "unknown design", "latin": "latin.yaml: not a text file in UTF-8",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links and pipes as Unix has them")
def test_a_class_with_one_hostile_submission_of_each_kind(tmp_path: Path) -> None:
    """Of thirty, each hostile one is one row with its reason, and the others have their grades."""
    said = hostile(tmp_path)
    (tmp_path / "ada.yaml").write_text(PASSES)
    (tmp_path / "zoe.yaml").write_text("from: idempotent\n")
    for number in range(30 - len(said) - 2):
        (tmp_path / f"late{number:02}").mkdir()
    told: list[str] = []
    grades = grade(tmp_path, seed=1000, timeout_s=120.0, jobs=2, graded=lambda one: told.append(one.submission))
    by_name = {one.submission: one for one in grades}
    assert len(grades) == 30
    assert told == list(by_name)
    assert (by_name["ada"].score, by_name["zoe"].score) == (100, 20)
    for name, reason in said.items():
        assert (by_name[name].score, reason in by_name[name].error) == (0, True), by_name[name]
    assert {by_name[name].error for name in by_name if name.startswith("late")} == {"no design.yaml in this folder"}
    assert "\x1b" not in csv_text(grade_rows(grades))
    json.dumps(document(grades, seed=1000)).encode()


BOXED = pytest.mark.skipif(not box.is_allowed(), reason="no namespaces for this user")


@pytest.mark.slow
@BOXED
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("__import__('socket').create_connection(('127.0.0.1', {port}), 5)", "ConnectionRefusedError|OSError"),
        ("open({victim!r}, 'w').write('owned')", "Read-only file system"),
        ("open({neighbour!r}).read()", "FileNotFoundError"),
        (
            "__import__('os').kill(__import__('os').getppid(), 9) if __import__('os').getppid() > 1 else 1 / 0",
            "ZeroDivisionError",
        ),
        ("open(__import__('os').environ['HOME'] + '/big', 'wb').write(bytes(100_000_000))", "No space left|File too large"),
        ("x = 9 ** 9 ** 9 ** 9", "ended with code|not finished|MemoryError|loop.py:"),
    ],
)
def test_what_a_box_keeps_in(tmp_path: Path, body: str, error: str) -> None:
    """No network, no file but on the scratch disk, nothing of the neighbours, no process but its own, and not for ever."""
    room = tmp_path / "class"
    room.mkdir()
    (room / "neighbour.yaml").write_text("from: nothing\n")
    (tmp_path / "victim").write_text("mine")
    with socket.create_server(("127.0.0.1", 0)) as server:
        body = body.format(
            port=server.getsockname()[1], victim=str(tmp_path / "victim"), neighbour=str(room / "neighbour.yaml")
        )
        (room / "loop.py").write_text(CODE.format(body=body))
        grades = {one.submission: one for one in grade(room, seed=1000, timeout_s=8.0, run_code=True)}
    assert grades["loop"].score == 0
    assert re.search(error, grades["loop"].error), grades["loop"].error
    assert (tmp_path / "victim").read_text() == "mine"


@BOXED
def test_a_box_has_neither_seed_nor_check(tmp_path: Path) -> None:
    """Whatever a class reads of the processes that it sees, it doesn't learn which mornings are looked at."""
    files = "__import__('pathlib').Path('/proc').glob('[0-9]*/cmdline')"
    body = f"raise OSError([file.read_bytes() for file in {files}])"
    (tmp_path / "spy.py").write_text(CODE.format(body=body))
    [one] = grade(tmp_path, seed=918_273, timeout_s=60.0, run_code=True)
    assert "sim.kata.apart.inside" in one.error
    assert "918273" not in one.error
    assert "sim.kata.submission" not in one.error


@pytest.mark.slow
@BOXED
def test_nothing_outlives_a_box(tmp_path: Path) -> None:
    """Not even a process in a session of its own, which a process group would not reach."""
    marker = f"{3000 + os.getpid()}.25"
    body = f"__import__('subprocess').Popen(['sleep', '{marker}'], start_new_session=True)"
    (tmp_path / "daemon.py").write_text(CODE.format(body=body))
    grade(tmp_path, seed=1000, timeout_s=60.0, run_code=True)
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [command for command in commands if marker.encode() in command]
