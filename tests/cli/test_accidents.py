"""Whatever the terminal, the locale or the disk: a result keeps its exit code, and an accident has one of its own."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

from sim.cli import app as application
from sim.experiment.cost_curve import CostCurve, cost_curve
from tests.cli.coffee import coffee

posix = pytest.mark.skipif(os.name != "posix", reason="streams and devices as Unix has them")
MET = (
    "{name: met, clock: {start: '07:00', duration: 1min, drain: 5min}, traffic: {rate: 30/min}, "
    "objectives: {ack_latency_p95: 10min}}"
)
VIOLATED = MET.replace("10min}}", "1ms}}")


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """In a process of its own, as a user starts it."""
    environment = {**os.environ, "COLUMNS": "100", **more}
    return subprocess.run(
        [sys.executable, "-m", "sim", *arguments], capture_output=True, env=environment, timeout=240, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1", "ascii", "cp437"])
def test_an_encoding_changes_no_verdict(encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has no character for is written as something like it, or by its code."""
    monkeypatch.chdir(tmp_path)
    for name, text, code in (("met.yaml", MET, 0), ("violated.yaml", VIOLATED, 1)):
        (tmp_path / name).write_text(text.replace("{name: ", "{summary: 'Zażółć ☕ →', name: "), encoding="utf-8")
        done = run("check", name, "outbox", "-n", "60", "-j", "1", PYTHONIOENCODING=encoding)
        assert done.returncode == code, done.stderr
        text = done.stdout.decode(encoding)
        assert "ack_latency_p95" in text
        assert ("─" in text) == (encoding == "utf-8")


@posix
def test_a_full_disk_is_not_a_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was met, and can't be said, is neither met nor violated: exit code 74."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "met.yaml").write_text(MET)
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "sim", "check", "met.yaml", "outbox", "-n", "60", "-j", "1"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=240, check=False)
    assert done.returncode == 74
    assert done.stderr.splitlines()[-1] == b"error: stdout: No space left on device"


def test_a_bug_is_not_a_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 70, one line, and a file to report that has the command and the traceback."""

    def fail(*_: object) -> None:
        raise RuntimeError("something of ours")

    monkeypatch.setattr(application, "app", fail)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["coffee", "check", "p.yaml"])
    with pytest.raises(SystemExit) as ended:
        application.main()
    assert ended.value.code == 70
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "error: a bug of coffee-please: RuntimeError: something of ours"
    file = Path(said[1].removeprefix("please report it with this file: "))
    text = file.read_text(encoding="utf-8")
    assert text.startswith("coffee check p.yaml\n")
    assert text.endswith("RuntimeError: something of ours\n")


@pytest.mark.parametrize(("told", "wide"), [("0", True), ("5", True), ("60", False), ("x", True)])
def test_columns_that_no_table_fits_into(told: str, wide: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some programs set COLUMNS to 0: the output is as wide as without a terminal."""
    monkeypatch.setenv("COLUMNS", told)
    lines = coffee("list").stdout.splitlines()
    assert len(lines) > 20
    assert (max(map(len, lines)) > 60) == wide


EVIL = "\x1b]0;owned\x07\x9b31m\u202egnp"


def test_control_characters_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a file says of itself: nothing reaches the terminal that it would obey, on stdout, on stderr or in JSON."""
    monkeypatch.chdir(tmp_path)
    quoted = json.dumps(EVIL)
    (tmp_path / "evil.yaml").write_text(MET.replace("{name: met", f"{{summary: {quoted}, name: met"), encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(f"{{from: outbox, summary: {quoted}}}", encoding="utf-8")
    for command in (
        ["show", "evil.yaml"], ["show", "mine.yaml"], ["run", "evil.yaml", "mine.yaml", "-n", "2", "-j", "1"],
        ["lint", "mine.yaml", "evil.yaml"], ["run", "evil.yaml", "mine.yaml", "-n", "2", "-j", "1", "--json"],
        ["run", EVIL, "outbox"],
    ):  # fmt: skip
        done = coffee(*command)
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & {*done.stdout, *done.stderr}, command


@pytest.mark.slow
def test_a_dollar_is_a_dollar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a name that a chart shows it begins no formula."""
    monkeypatch.chdir(tmp_path)
    text = MET.replace("{name: met", "{summary: 'price $5 or $6_{', name: 'baskets of $5, 10% off above $20'")
    (tmp_path / "dollar.yaml").write_text(text)
    (tmp_path / "mine.yaml").write_text("{from: outbox, name: 'for $x^2 or $y_'}")
    done = coffee("compare", "dollar.yaml", "naive", "mine.yaml", "-n", "2", "-j", "1", "--out", "report")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "report" / "report.html").exists()


def test_whole_numbers_are_written_in_digits() -> None:
    """And not in those of another script, or with underscores."""
    for text in ("９", "1_0", "٣", "1e3", ""):
        done = coffee("run", "calm-tuesday", "naive", "-n", text)
        assert (done.exit_code, "expected a whole number" in done.stderr) == (2, True), text


@pytest.mark.slow
@posix
def test_seconds_are_kept_in_the_background() -> None:
    """Where a shell's command is deaf to Ctrl-C, time is up all the same, and it is as deaf as before afterwards."""
    program = (
        "import signal, time\nfrom sim.cli.work.simulation import ended_after\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "try:\n    with ended_after(1.0):\n        time.sleep(60)\nexcept KeyboardInterrupt:\n    print('ended')\n"
        "print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=240, check=True)
    assert done.stdout.splitlines() == ["ended", "True"]


@pytest.mark.slow
def test_judged_by_what_is_finished_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`check --seconds` ends with the verdict of the mornings that are finished, and says of how many."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "violated.yaml").write_text(VIOLATED)
    none = run("check", "nationwide-rush", "outbox", "-n", "3", "-j", "1", "--seconds", "1")
    assert none.returncode == 3
    assert b"no morning was finished within 1 s, so nothing can be judged; give it more --seconds" in none.stderr
    done = run("check", "violated.yaml", "outbox", "-n", "5000", "-j", "1", "--seconds", "12")
    assert done.returncode == 1, done.stderr
    assert b"judged after 12 s by " in done.stderr
    assert b"of 5,000 mornings" in done.stderr
    quick = run("check", "violated.yaml", "outbox", "-n", "3", "-j", "1", "--seconds", "100")
    assert (quick.returncode, b"judged after" in quick.stderr) == (1, False)


@pytest.mark.slow
@posix
@pytest.mark.parametrize("shell", [(), ("sh", "-c", "trap '' INT; exec \"$@\"", "sh")], ids=["", "in the background"])
def test_who_is_ended_keeps_what_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: tuple[str, ...]) -> None:
    """SIGTERM, by which a CI service ends what takes too long, is like Ctrl-C; also for a command that is deaf to that."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "met.yaml").write_text(MET)
    command = [*shell, sys.executable, "-m", "sim", "run", "met.yaml", "outbox", "-n", "5000", "-j", "1", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(15)
    process.terminate()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert json.loads(out)["interrupted"] == {"asked": 5000}
    assert err.splitlines()[-1].startswith("interrupted after ")  # below how long it would have taken


def test_long_work_is_announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it begins: about how long it takes, and what makes it short."""
    from sim.cli.work.simulation import say_how_long_it_takes
    from sim.config.library import load_scenario
    from sim.experiment.effort import Effort

    told: list[str] = []
    monkeypatch.setattr("sim.cli.work.simulation.note", told.append)
    say_how_long_it_takes(load_scenario("morning-rush"), 3, Effort(mornings=10, jobs=2))
    assert told == []
    say_how_long_it_takes(load_scenario("morning-rush"), 3, Effort(mornings=2000, jobs=2))
    [said] = told
    assert said.startswith("simulating takes about 15\xa0min or longer: 6,000 mornings of 3,0")
    on_a_cluster = Effort(mornings=2000, engine="dask:tcp://127.0.0.1:1")  # this machine's processors say nothing of it
    assert not say_how_long_it_takes(load_scenario("morning-rush"), 3, on_a_cluster)
    assert len(told) == 1


def test_ctrl_c_in_the_body_of_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11 makes a RuntimeError of it, while a module is imported; it is Ctrl-C all the same."""

    def imports(*_: object) -> None:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    monkeypatch.setattr(TyperGroup, "invoke", imports)
    answer = coffee("list")
    assert answer.exit_code == 130
    assert answer.stderr == "interrupted\n"


def test_out_of_memory(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """No bug of ours, and what can be done."""

    def grows() -> None:
        raise MemoryError

    monkeypatch.setattr(application, "app", grows)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended:
            application.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 71
    assert "out of memory; fewer --jobs, more --cells or a smaller scenario may help" in capsys.readouterr().err


def test_no_process_to_draw(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is there, the report is not, and it is told why: no fault of the folder."""

    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("sim.experiment.workers.ProcessPoolExecutor.submit", refused)
    answer = coffee("compare", tiny, "-n", "2", "-j", "1", "--json")
    assert answer.exit_code == 71
    assert "report" not in json.loads(answer.stdout)
    assert "error: no more processes can be started (Resource temporarily unavailable); fewer --jobs may help" in answer.stderr
    assert not list(Path("reports").iterdir())


def test_ctrl_c_before_a_cost_curve_has_a_point(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison that was finished is printed."""

    def press(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.experiment.cost_curve.cost_curve", press)
    answer = coffee("compare", tiny, "-n", "2", "-j", "1", "--cost-curve", "--json")
    assert answer.exit_code == 130
    assert json.loads(answer.stdout)["mornings"] == 2
    assert "interrupted before the first capacity was found; there is no report" in answer.stderr


@pytest.mark.slow
def test_ctrl_c_in_the_middle_of_a_cost_curve(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sized by then is in the report, and it is said that the rest is missing."""

    def cut_short(*about: Any, **more: Any) -> CostCurve:
        return replace(curve_of(*about, **more), interrupted=True)

    curve_of = cost_curve
    monkeypatch.setattr("sim.experiment.cost_curve.cost_curve", cut_short)
    answer = coffee("compare", tiny, "naive", "-n", "2", "-j", "2", "--peak", "10/min", "--json")
    assert answer.exit_code == 130
    assert Path(json.loads(answer.stdout)["report"]).exists()
    assert "interrupted while sizing: the cost curve has what was finished by then\n" in answer.stderr
