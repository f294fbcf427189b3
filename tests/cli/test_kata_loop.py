"""The exercise at a prompt, as somebody plays it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sim.cli.app import app
from sim.cli.work.kata_loop import paged


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remembered: None) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_page_counts_the_rows_of_lines_that_are_too_wide() -> None:
    """Three rows of ten columns: a line of 25 letters takes them all, colours take none, and no line is lost or divided."""
    text = "one\n" + "x" * 25 + "\n\x1b[31mred\x1b[0m and one\n" + "\n" + "last\n" + "y" * 55 + "\n"
    pages = paged(text, width=10, rows=3)
    assert "".join(pages) == text
    assert pages == ["one\n", "x" * 25 + "\n", "\x1b[31mred\x1b[0m and one\n\n", "last\n", "y" * 55 + "\n"]
    assert paged("", width=10, rows=3) == [""]


def play(*lines: str) -> Result:
    return CliRunner().invoke(app, ["kata"], input="".join(f"{line}\n" for line in lines))


def kept() -> dict[str, object]:
    return json.loads(Path("kata/.kata.json").read_text(encoding="utf-8"))


def test_what_is_recommended_elsewhere_can_be_typed() -> None:
    """Stories of designs, commands with their first words, and a word that is none."""
    result = play(
        "", "coffee show idempotent --story", "show", "coffee kata status", "coffee lint kata kata/design.yaml", "worse", "q"
    )
    assert "class Idempotent(Design)" in result.output
    assert "class Naive(Design)" in result.output, "one's own"
    assert "kata  in kata" in result.output
    assert "no-key  change the architecture (from)" in result.output
    assert "worse: I do not know this word; help lists those that I know" in result.output


@pytest.mark.deep
def test_a_whole_game_with_the_hints_alone() -> None:
    """From the first Enter to 100 points: each change is what a hint said, and the debrief is written."""
    result = play(
        "", "hint", "from=idempotent", "better", "no key", "app.key=purchase", "b", "", "from=outbox", "better", "accept first",
        "read_model.cache=0s", "", "", "loyalty.inbox={window: 7d}", "", "", "checkout.workers=8", "", "",
        "check", "debrief", "quit",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "changed  from: naive → idempotent" in result.output
    assert "predicted  double_charge_rate better: right" in result.output
    assert "all five stages are passed" in result.output
    assert "100 of 100 points" in result.output
    assert Path("kata/debrief/debrief.html").exists()
    again = play("status")
    assert "7 runs" in again.output
    assert "last check: 100 of 100 points" in again.output


def test_mistakes_end_a_turn_and_not_the_game() -> None:
    """Unknown keys and words, values that can't be, and no change at all; the design stays as it was."""
    result = play("", "app.kee=purchase", "app.key=cart", "payment.workers=3", "app.key=none", "dance", "undo", "q")
    assert result.exit_code == 0, result.output
    assert 'did you mean "key"' in result.output
    assert "app.key has that value already" in result.output
    assert "payment.workers: unknown key" in result.output
    assert "There is no earlier design" in result.output
    assert len(kept()["runs"]) == 1  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_end_of_the_input_keeps_everything() -> None:
    """Closing in the middle of a question leaves the run that was made, and the next sitting goes on from it."""
    play("", "from=idempotent", "better")
    runs = kept()["runs"]
    assert len(runs) == 2  # type: ignore[arg-type]
    play("undo", "", "same", "back again")
    runs = kept()["runs"]
    assert [run["note"] for run in runs] == ["", "", "back again"]  # type: ignore[attr-defined]
    assert runs[2]["predicted"] == {"double_charge_rate": "same"}  # type: ignore[index]


IN_A_TERMINAL = """
import fcntl, signal, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C comes from it
signal.signal(signal.SIGINT, signal.default_int_handler)
from sim.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a terminal as Unix has it")
def test_every_screen_fits_a_terminal_of_80_by_24() -> None:
    """The brief, four runs with their predictions, and a story, which comes a page at a time."""
    import fcntl
    import pty
    import struct
    import termios

    terminal, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environ = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")} | {"TERM": "dumb"}
    game = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, "kata"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env=environ,
    )  # fmt: skip
    os.close(theirs)

    def screen(line: str | None, prompt: str) -> list[str]:
        """What is printed after a line was typed, up to the next prompt."""
        if line is not None:
            os.write(terminal, line.encode() + b"\n")
        seen, deadline = "", time.monotonic() + 240
        while not seen.rstrip().endswith(prompt):
            assert time.monotonic() < deadline, seen[-2000:]
            if select.select([terminal], [], [], 2.0)[0]:
                seen += os.read(terminal, 4096).decode("utf-8", "replace")
        return [part.rstrip() for part in seen.replace("\r", "").split("\n")]

    try:
        screens = [screen(None, "as it stands today."), screen("", "kata>")]
        for change in ("from=idempotent", "app.key=purchase", "from=outbox", "read_model.cache=0s"):
            screen(change, "no idea)")
            screens += [screen("better", "skip)")]
            screen("because", "kata>")
        screen("from=naive", "no idea)")
        screen("worse", "skip)")
        screen("", "kata>")
        screens += [screen("why", "q: enough"), screen("q", "kata>")]
        assert len(screens[-1]) == 2, "q ends the story: what was typed, and the prompt"
        screens += [screen("checkout.queue=first", "kata>")]
        assert "checkout.queue: expected one of" in " ".join(screens[-1]), "and no word is divided"
        sources = [screen("show outbox", "q: enough"), screen("", "q: enough"), screen("", "q: enough")]
    finally:
        game.kill()
        game.wait()
    assert max(len(one) for one in screens) <= 24 + 1, "the line that was typed has scrolled away"
    assert max(len(line) for one in screens for line in one) <= 80
    rows = [sum(max(-(-len(line) // 80), 1) for line in one) for one in sources]
    assert max(rows) <= 24 + 1, "a line of source that is too wide takes several rows"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a terminal as Unix has it")
def test_ctrl_c_in_a_terminal_keeps_everything() -> None:
    """At a real terminal: Ctrl-C at the prompt leaves with exit code 0, and says how to go on."""
    import pty

    terminal, theirs = pty.openpty()
    game = subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, "kata"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    seen = ""

    def until(words: str, again: bytes = b"") -> None:
        nonlocal seen
        deadline = time.monotonic() + 240
        while words not in seen:
            assert time.monotonic() < deadline, seen[-2000:]
            if select.select([terminal], [], [], 2.0)[0]:
                seen += os.read(terminal, 4096).decode("utf-8", "replace")
            else:
                os.write(terminal, again)  # readline misses a signal that comes just before it begins to wait

    until("Enter runs it as it stands today.")
    os.write(terminal, b"\n")
    until("kata> ")
    os.write(terminal, b"from=idempotent\n")
    until("better, worse or same")
    os.write(terminal, b"\x03")
    until("coffee kata goes on from here", again=b"\x03")
    assert game.wait(60) == 0
    assert len(kept()["runs"]) == 1  # type: ignore[arg-type]
    assert "from: naive" in Path("kata/design.yaml").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_second_exercise_at_the_prompt() -> None:
    """In its own folder, with its own brief and metrics, and said how to go on; the first exercise is not begun."""
    result = CliRunner().invoke(app, ["kata", "--exercise", "second"], input="\ntaking.guard=atomic\nbetter\nlocked row\nq\n")
    assert result.exit_code == 0, result.output
    assert "The kata's second morning" in result.output
    assert "1 loyalty award, and nothing was left for it." in " ".join(result.output.split()), "what the counts do not tell"
    assert "predicted  oversold_rate better: right" in result.output
    assert "coffee kata --exercise second goes on from here" in " ".join(result.output.split())
    assert not Path("kata").exists()
    progress = json.loads(Path("kata-second-morning/.kata.json").read_text(encoding="utf-8"))
    assert (progress["exercise"], len(progress["runs"])) == ("second", 2)
