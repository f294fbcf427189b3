"""The exercise at a prompt: predict, change one thing, run, see what changed, say why."""

from __future__ import annotations

import math
import re
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from sim.architectures import load_design, parse_design
from sim.architectures.lint import lint as hazards_of
from sim.cli.messages import complain, note, write_out
from sim.cli.work.console import console, print_title
from sim.cli.work.kata_text import (
    after_check,
    print_attempt,
    print_brief,
    print_check,
    print_hint,
    print_status,
    print_why,
    say_lint_warns,
)
from sim.cli.work.lint import print_hazards
from sim.cli.work.show import print_story
from sim.config.errors import ConfigError
from sim.config.files import read_text, write_text
from sim.documents.kata import Move
from sim.kata import progress as kept
from sim.kata.attempt import MOVES, asked_for, attempt, begin, step
from sim.kata.brief import DESIGN
from sim.kata.checking import checked
from sim.kata.editing import edited
from sim.kata.exercises import command, exercise_named
from sim.kata.folder import exercise_of, folder_of
from sim.kata.helping import harmed, hinted
from sim.kata.progress import Progress
from sim.kata.written import undo, written

HELP = """\
KEY=VALUE   change one knob of design.yaml and run, like app.timeout=4s
run         run what you have changed in an editor; Enter does the same
why         show one harmed customer, step by step
hint        give a hint; the next one is stronger
show NAME   draw naive, idempotent or outbox, and print its source
lint        print the warnings about the design, with their reasons
undo        put design.yaml back as it was in the run before
status      show which stages are passed
brief       show the task again
check       try the design on mornings you haven't seen
debrief     write what you did and learned, as a page
quit        stop; everything is kept"""


class Left(Exception):
    """The learner has gone."""


def play(exercise: str | None = None) -> None:
    """Begin or go on, until the learner leaves or the input ends. Raises ConfigError if the progress can't be read."""
    folder = folder_of(None, exercise_named(exercise))
    game = Game(folder, exercise)
    try:
        game.open()
        while True:
            game.turn(game.ask("kata> "))
    except Left:
        again = "coffee kata" if folder == Path() else command(game.progress.of)
        note(f"your progress is in {folder}; {again} goes on from here")


def paged(text: str, *, width: int, rows: int) -> list[str]:
    """The text in pages of so many rows of a terminal, in which a line that is too wide takes several rows."""
    pages, left = [""], rows
    for line in text.splitlines(keepends=True):
        needs = max(math.ceil(Text.from_ansi(line).cell_len / width), 1)
        if needs > left and pages[-1]:
            pages.append("")
            left = rows
        pages[-1] += line
        left -= needs
    return pages


class Game:
    """What is on the table between two turns."""

    def __init__(self, folder: Path, exercise: str | None = None) -> None:
        self.folder, self.exercise = folder, exercise
        self.out: Console = console()
        self.progress: Progress
        self.turns: dict[str, Callable[[], None]] = {
            "run": self.run, "hint": self.hint, "why": self.why, "status": self.status, "brief": self.brief,
            "undo": self.undo, "check": self.check, "debrief": self.debrief, "help": self.help, "quit": self.quit,
            "show": self.show, "lint": self.lint,
        }  # fmt: skip

    def open(self) -> None:
        is_new = not (self.folder / kept.FILE).exists()
        self.progress = begin(self.folder, exercise_named(self.exercise), now=time.time()) if is_new else kept.load(self.folder)
        exercise_of(self.progress, self.exercise)
        if is_new:
            print_brief(self.out, self.progress.of)
            self.out.print()
            print_title(self.out, "your design", f"{self.folder / DESIGN}; the brief is beside it")
            self.ask("Enter runs it as it stands today. ")
            self.guarded(self.run)
        else:
            print_status(self.out, self.progress, self.folder)
        self.out.print("help has the words that you can type here.", style="dim")

    def ask(self, prompt: str) -> str:
        """A line, or Left when there is no more or Ctrl-C is pressed."""
        try:
            return input(prompt).strip()
        except (EOFError, KeyboardInterrupt):
            write_out("\n")
            raise Left from None

    def turn(self, line: str) -> None:
        line = re.sub(r"^coffee (kata )?", "", line)  # as in what is said elsewhere
        word, _, rest = line.partition(" ")
        word = word.casefold()
        found = [name for name in self.turns if word and name.startswith(word)]
        if found[:1] == ["show"] and "=" not in line:
            self.guarded(lambda: self.show(rest))
        elif "=" in line:
            self.guarded(lambda: self.change(*line.split("=", 1)))
        elif not line:
            self.guarded(lambda: self.run() if self.is_changed else self.help())
        elif not found:
            if word != "?":
                self.out.print(f"{word}: I do not know this word; help lists those that I know")
            self.help()
        else:
            self.guarded(self.turns[found[0]])

    def guarded(self, turn: Callable[[], None]) -> None:
        """An error or Ctrl-C ends a turn, not the exercise. What another shell has kept meanwhile is taken in."""
        try:
            self.progress = kept.load(self.folder)
            turn()
        except ConfigError as error:
            self.complain(*error.messages)
        except KeyboardInterrupt:
            note("interrupted; no run was counted, and design.yaml stays as it is now (undo takes a change back)")

    def complain(self, *messages: str) -> None:
        """In a terminal, lines end between words; elsewhere an error is one line."""
        for message in messages:
            room = max(self.out.width - len("error: "), 1) if self.out.is_terminal else len(message) + 1
            first, *others = textwrap.wrap(message, room, break_long_words=False, break_on_hyphens=False) or [""]
            complain(first)
            for line in others:
                note(line)

    @property
    def is_changed(self) -> bool:
        return not self.progress.runs or written(self.folder) != self.progress.runs[-1].written

    def change(self, key: str, value: str) -> None:
        path = self.folder / DESIGN
        text = edited(read_text(path), key.strip(), value.strip(), filename=str(path))
        if parse_design(text, filename=str(path)) == load_design(str(path)):
            self.out.print(f"{key.strip()} has that value already.")
            return
        predicted = self.predict()
        write_text(path, text, replace=True)
        self.tried(predicted)

    def run(self) -> None:
        self.tried(self.predict() if self.progress.runs and self.is_changed else {})

    def predict(self) -> dict[str, Move]:
        metric = asked_for(self.progress)
        while True:
            said = self.ask(f"Predict {metric}: better, worse or same? (Enter: no idea) ").casefold()
            if not said:
                return {}
            if said in ("q", "quit"):
                raise Left
            for move in MOVES:
                if move.startswith(said):
                    return {metric: move}
            self.out.print("Type better, worse or same; Enter goes on without a prediction, quit stops.", style="dim")

    def tried(self, predicted: dict[str, Move]) -> None:
        made = attempt(self.folder, self.progress, predicted=predicted, now=time.time(), clock=time.time)
        print_attempt(self.out, made, self.progress, "check")
        say_lint_warns(self.folder, self.progress)
        if made.before is None:
            self.out.print("why?  `why` shows one of these people, step by step. Then change one thing, like app.timeout=4s.")
            return
        made.run.note = self.ask("Say why, in one line, for your debrief (Enter: skip) ")
        self.keep()

    def keep(self) -> None:
        step(self.folder, self.progress, now=time.time())

    def hint(self) -> None:
        print_hint(self.out, hinted(self.folder, self.progress, strength=None, now=time.time()))

    def why(self) -> None:
        story = harmed(self.folder, self.progress, now=time.time())
        self.by_pages(lambda: print_why(self.out, story))

    def show(self, name: str = "") -> None:
        words = [word for word in name.split() if word != "--story"]
        design = load_design(words[0] if words else str(self.folder / DESIGN))
        self.by_pages(lambda: print_story(self.out, design))

    def lint(self) -> None:
        file, scenario = str(self.folder / DESIGN), self.progress.of.seen()
        design = load_design(file)
        self.by_pages(lambda: print_hazards(self.out, design, scenario, hazards_of(design, scenario), file))

    def by_pages(self, draw: Callable[[], None]) -> None:
        """What is longer than the terminal comes a page at a time; without a terminal, at once."""
        if not self.out.is_terminal:
            draw()
            return
        with self.out.capture() as drawn:
            draw()
        pages = paged(drawn.get(), width=self.out.width, rows=max(self.out.height - 2, 1))
        for page in pages[:-1]:
            write_out(page)
            if self.ask("Enter: more, q: enough ").casefold() in ("q", "quit"):
                return
        write_out(pages[-1])

    def status(self) -> None:
        print_status(self.out, self.progress, self.folder)

    def brief(self) -> None:
        print_brief(self.out, self.progress.of)

    def undo(self) -> None:
        """To the design of the last run if the file differs from it, else to that of the run before."""
        if not undo(self.folder, self.progress.earlier):
            self.out.print("There is no earlier design.")
            return
        self.out.print(f"{self.folder / DESIGN} is as it was; run shows what it does.")

    def check(self) -> None:
        self.out.print("Four kinds of mornings that you haven't seen; this takes some seconds.", style="dim")
        graded = checked(self.folder, self.progress, self.progress.of, seed=None, now=time.time())
        else_ = after_check(self.progress, written(self.folder), run="run", ask="hint, why")
        print_check(self.out, graded, then="debrief", else_=else_)

    def debrief(self) -> None:
        from sim.kata.debrief import write_debrief  # matplotlib takes a second to import, and most turns draw nothing

        self.out.print(f"debrief: {write_debrief(self.folder, self.progress, now=time.time())}", soft_wrap=True)

    def help(self) -> None:
        self.out.print()
        self.out.print(Text(HELP, style="dim"))

    def quit(self) -> None:
        raise Left
