"""`coffee rehearse`: runs the service, and exits with the verdict."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from sim.cli.again import again
from sim.cli.messages import DONE, FAILED, INTERRUPTED, UNDECIDED, UNWRITTEN, complain, note
from sim.cli.work.console import console, print_json
from sim.cli.work.progress import Tell, by_level, progress_bar
from sim.cli.work.provider import check_real, elsewhere_said
from sim.cli.work.tables import plain_table
from sim.config.errors import ArgumentError, ConfigError
from sim.config.files import write_text
from sim.config.service import Service, load_service
from sim.config.units import duration_s, rate_per_s
from sim.documents.rehearsal import Rehearsal, Rush
from sim.experiment.effort import check_whole
from sim.ledger.violations import VIOLATIONS

if TYPE_CHECKING:
    from sim.real.rehearse.story import RealStory

CODES = {"holds": DONE, "violated": FAILED, "undecided": UNDECIDED}
MOST_RUNS = 100_000
MOST_SECONDS, MOST_RATE, MOST_PURCHASES = 3600.0, 1000.0, 100_000  # of a rush
OURS = "# A rehearsal of "  # how scenario files of rehearsals begin
MOST_SHOWN = 12  # runs that did harm, in the terminal


class Load(NamedTuple):
    """What `--rush` is given."""

    rush: str | None
    rate: str
    scenario: str | None
    seed: int


def rehearse(
    context: typer.Context, file: Path, every: int | None, load: Load, most: int, allowed: tuple[str, ...], keep: Path | None,
    out: Path | None, *, as_json: bool,
) -> None:  # fmt: skip
    check_real("a rehearsal")
    _check(every, load, most, keep, out)
    service = load_service(file)
    document: Rehearsal | Rush
    if load.rush is not None:
        document, stories = _rush(service, load, allowed)
    else:
        document, stories = _every(service, 1 if every is None else every, most, allowed)
    _write(document, stories, keep, out, again(context))
    if as_json:
        print_json(document)
    else:
        _print(document, stories)
    if document["leftover"]:
        complain(document["leftover"])
    if document.get("interrupted"):
        note("interrupted; this is what was finished")
        raise typer.Exit(INTERRUPTED)
    code = CODES[document["verdict"]]
    raise typer.Exit(UNDECIDED if document["leftover"] and code == DONE else code)  # 1 only ever means violated


def _check(every: int | None, load: Load, most: int, keep: Path | None, out: Path | None) -> None:
    """Before anything is started. Raises ConfigError."""
    if every is not None and load.rush is not None:
        raise ConfigError("--every and --rush: one of them at a time")
    if every is not None:
        check_whole("every", every, 0, 3)
    if load.scenario is not None and load.rush is None:
        raise ConfigError("--scenario: only with --rush; the mishaps of --every are scripted")
    check_whole("most", most, 1, MOST_RUNS)
    check_whole("seed", load.seed, 0, 2**63 - 1)
    if out is not None and (out.suffix not in (".html", ".htm") or out.is_dir() or not out.parent.is_dir()):
        raise ConfigError(f"{out}: expected a file whose name ends in .html, in a folder that there is")
    if keep is not None and not _can_be(keep):
        raise ConfigError(f"--keep: {keep}: expected a folder, or the name of a new one")
    if load.rush is not None:
        _times(load)


def _can_be(folder: Path) -> bool:
    """Whether it is a folder, or may become one."""
    try:
        return "\0" not in str(folder) and (folder.is_dir() or (not folder.exists() and folder.parent.is_dir()))
    except OSError:
        return False


def _every(service: Service, bound: int, most: int, allowed: tuple[str, ...]) -> tuple[Rehearsal, list[tuple[RealStory, str]]]:
    from sim.real.rehearse.documents import of_every
    from sim.real.rehearse.every import Found, search
    from sim.real.rehearse.process import Undecided
    from sim.real.rehearse.stage import Stage
    from sim.real.rehearse.story import tell

    with elsewhere_said():
        stage, found, began = Stage(service, allowed), Found(bound, most), time.monotonic()
    left: list[str | None] = [None]

    async def go(tell: Tell) -> None:
        try:
            await stage.start()
            await search(stage, found, by_level(tell))
        except Undecided as error:
            found.undecided = str(error)
        finally:
            left[0] = await stage.close()

    found.interrupted = _ran(go)
    again_s = stage.app.again_s
    document = of_every(found, service, again_s=again_s, seconds=time.monotonic() - began, leftover=left[0])
    stories = [
        (tell(one.run, service.name), told["scenario"]) for one, told in zip(found.failing, document["failing"], strict=True)
    ]
    return document, stories


def _rush(service: Service, load: Load, allowed: tuple[str, ...]) -> tuple[Rush, list[tuple[RealStory, str]]]:
    from sim.real.rehearse.documents import of_rush, stories
    from sim.real.rehearse.rush import Rush as Rushing

    seconds, rate = _times(load)
    with elsewhere_said():
        one = Rushing(service, seconds=seconds, rate=rate, seed=load.seed, scenario=load.scenario, allowed=allowed)
    left: list[str | None] = [None]

    async def go(tell: Tell) -> None:
        try:
            await one.go(tell)
        finally:
            left[0] = await one.close()

    one.found.interrupted = _ran(go)
    return of_rush(one.found, service, leftover=left[0]), [(story, "") for story in stories(one.found, service)]


def _ran(go: Callable[[Tell], Coroutine[Any, Any, None]]) -> bool:
    """Run it to its end, or to Ctrl-C; whether that came."""
    try:
        with progress_bar("rehearsing", 0) as tell:
            asyncio.run(go(tell))
    except KeyboardInterrupt:
        return True
    return False


def _times(load: Load) -> tuple[float, float]:
    """Seconds and customers per second of a rush. Raises ArgumentError."""
    seconds, rate = _number("rush", str(load.rush), duration_s), _number("rate", load.rate, rate_per_s)
    if not 0 < seconds <= MOST_SECONDS:
        raise ArgumentError("rush", f'more than 0 s and at most 1h (got "{load.rush}")')
    if not 0 < rate <= MOST_RATE or seconds * rate > MOST_PURCHASES:
        raise ArgumentError("rate", f'at most {MOST_RATE:g}/s and {MOST_PURCHASES:,} purchases in all (got "{load.rate}")')
    return seconds, rate


def _number(argument: str, text: str, parse: Callable[[str], float]) -> float:
    try:
        return parse(text)
    except ValueError as error:
        raise ArgumentError(argument, f'{error} (got "{text}")') from None


def _write(
    document: Rehearsal | Rush, stories: list[tuple[RealStory, str]], keep: Path | None, out: Path | None, command: str
) -> None:
    try:
        if keep is not None and document["kind"] == "every" and document["failing"]:
            keep.mkdir(exist_ok=True)
            _forget_earlier(keep)
            for number, one in enumerate(document["failing"], 1):
                write_text(keep / f"mishap-{number}.yaml", one["scenario"], replace=True)
            note(f"{keep}: {len(document['failing'])} scenario file{'' if len(document['failing']) == 1 else 's'}")
        if out is not None:
            from sim.real.rehearse.page import write_page

            write_page(out, document, stories, command=command)
            note(f"{out}: open it in a browser")
    except ConfigError as error:
        complain(*error.messages)
        raise typer.Exit(UNWRITTEN) from None


def _forget_earlier(folder: Path) -> None:
    """Remove what an earlier rehearsal has written there, and nothing else."""
    for file in folder.glob("mishap-*.yaml"):
        if file.is_file() and file.read_text(encoding="utf-8", errors="replace").startswith(OURS):
            file.unlink()


def _print(document: Rehearsal | Rush, stories: list[tuple[RealStory, str]]) -> None:
    from sim.real.rehearse.sentences import lead, title

    out = console()
    out.print(title(document), style="bold")
    out.print(lead(document))
    if document["why"]:
        out.print(f"undecided: {document['why']}")
    if document["not_judged"]:
        kinds = ", ".join(kind.replace("_", " ") for kind in document["not_judged"])
        out.print(f"not judged: {kinds} ({'; '.join(dict.fromkeys(document['not_judged'].values()))})")
    if document["kind"] == "every":
        _print_failing(document)
        never = [kind for kind, times in document["reached"].items() if not times]
        if len(document["runs"]) > 1 and never:
            out.print(f"never came about: {', '.join(never)}")
    elif document["purchases"]:
        _print_rates(document)
    if stories:
        story = stories[0][0]
        out.print()
        out.print(f"{story.sentence} {story.note}", style="bold")
        for line in story.lines():
            out.print(line, soft_wrap=True)


def _print_failing(document: Rehearsal) -> None:
    out = console()
    if not document["failing"]:
        return
    table = plain_table("what went wrong", "the customer", "charges", "orders", "once more", right=[2, 3])
    for one in document["failing"][:MOST_SHOWN]:
        clauses = "\n".join(VIOLATIONS[kind].clause for kind in one["harm"])
        orders = "?" if one["orders"] is None else str(one["orders"])
        table.add_row(one["told"], clauses, str(one["charged"]), orders, "yes" if one["reproduced"] else "no")
    out.print(table)
    if len(document["failing"]) > MOST_SHOWN:
        out.print(f"and {len(document['failing']) - MOST_SHOWN} more")


def _print_rates(document: Rush) -> None:
    out = console()
    table = plain_table("harm", "purchases", "share", "95 % interval", right=[1, 2])
    for kind, rate in document["harm"].items():
        table.add_row(
            kind.replace("_", " "), f"{rate['purchases']:,}", f"{rate['share']:.2%}", f"{rate['low']:.2%} to {rate['high']:.2%}"
        )
    out.print(table)
    out.print(
        f"customers were late themselves by {document['lateness_p50_s'] * 1000:.1f} ms (median), "
        f"{document['lateness_p99_s'] * 1000:.1f} ms (p99)"
    )
