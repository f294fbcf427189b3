"""`coffee fit`: reads logs, fits them, prints what was found and writes the files."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sim.architectures import load_design
from sim.cli.work.console import console, print_json, print_rows
from sim.cli.work.progress import progress_bar
from sim.config.bundled import SUFFIXES
from sim.config.errors import ConfigError, nearest
from sim.config.files import write_text
from sim.documents.fitted import document
from sim.measured.files import read_log
from sim.measured.fit import NOT_ASKED, Fit
from sim.measured.fit import fit as fit_log
from sim.measured.fitted import Part
from sim.measured.line import Kind
from sim.measured.spellings import COLUMNS, kind_of
from sim.measured.writing import design_text, scenario_text


def fit(
    logs: Sequence[Path], outs: tuple[Path | None, Path | None], base: str, columns: Sequence[str],
    *, kind: str | None, provider: str | None, force: bool, as_json: bool,
) -> None:  # fmt: skip
    scenario_file, design_file = outs
    for file in (scenario_file, design_file):
        _check(file, logs, force=force)
    if scenario_file is not None and design_file is not None and scenario_file.resolve() == design_file.resolve():
        raise ConfigError(f"--out-scenario and --out-design: {scenario_file} can't be both; give two names")
    design, mapping, every = load_design(base), _mapping(columns), _kind(kind)
    with progress_bar("reading the log", 1, None) as progress:
        log = read_log(logs, columns=mapping, kind=every, provider=provider, progress=progress)
    made = fit_log(log, design)
    written = []
    if scenario_file is not None:
        write_text(scenario_file, scenario_text(made, scenario_file.stem), replace=force)
        written.append(str(scenario_file))
    if design_file is not None:
        write_text(design_file, design_text(made, design_file.stem, design_file), replace=force)
        written.append(str(design_file))
    if as_json:
        print_json(document(made, written))
        return
    out = console()
    handled = f"{len(log.handled):,} as the checkout handled them"
    out.print(f"lines: {len(log.requests):,} of requests, {handled}, {len(log.calls):,} of calls")
    for part in ("scenario", "design"):
        _print(out, made, part)
    for text in made.notes:
        out.print(f"\nBeware: {text}", soft_wrap=True)
    names = " ".join(shlex.quote(str(file)) for file in (scenario_file, design_file) if file is not None)
    if written:
        out.print(f"\nwritten: {', '.join(written)}", soft_wrap=True)
        then = f"coffee compare {names}" if scenario_file is not None else f"coffee lint {names}"
        out.print(f"then: {then}", soft_wrap=True)
    else:
        out.print("\nnothing is written: --out-scenario FILE and --out-design FILE do that", soft_wrap=True)


def _check(file: Path | None, logs: Sequence[Path], *, force: bool) -> None:
    """Raises ConfigError, before the work is done, unless the file can be written."""
    if file is None:
        return
    if file.suffix not in SUFFIXES:
        raise ConfigError(f"{file}: the name of a scenario's or design's file must end in .yaml")
    if any(file.resolve() == log.resolve() for log in logs):
        raise ConfigError(f"{file}: this is one of the logs; give another name")
    if file.exists() and not file.is_dir() and not force:
        raise ConfigError(f"{file}: there is a file of this name; --force overwrites it")


def _mapping(columns: Sequence[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for text in columns:
        ours, _, theirs = text.partition("=")
        if not theirs:
            raise ConfigError(f"--column {text}: expected OURS=THEIRS, such as start=began_at")
        if ours not in COLUMNS:
            raise ConfigError(f"--column {text}: unknown column {ours}{nearest(ours, COLUMNS)}")
        mapping[ours] = theirs
    return mapping


def _kind(text: str | None) -> Kind | None:
    try:
        return None if text is None else kind_of(text)
    except ValueError as error:
        raise ConfigError(f"--kind {text}: {error}") from None


def _print(out: Console, made: Fit, part: Part) -> None:
    fitted = made.fitted(part)
    if fitted:
        out.print(f"\n{part.capitalize()}, as the log tells it", style="bold")
        rows = [
            (
                f"  {'.'.join(one.key)}",
                str(one.written),
                " to ".join(one.interval) if one.interval else "",
                f"{one.n:,}",
                one.of,
            )
            for one in fitted
        ]
        print_rows(out, [("  key", "value", "95 % interval", "lines", "of"), *rows], most=(40, 12, 24, 9))
    untold = [one for one in made.assumed(part) if one.why != NOT_ASKED]
    if untold:
        out.print(f"\nAssumed for the {part}, as this log doesn't tell it", style="bold")
        rows_of_it = [(f"  {'.'.join(one.key)}", one.default, one.why) for one in untold]
        print_rows(out, rows_of_it, most=(34, 28))
