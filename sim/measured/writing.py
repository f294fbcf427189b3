"""The scenario's and the design's file: each fitted value with a comment that says how sure it is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from sim.architectures import start_of
from sim.config.writing import flow
from sim.measured.fit import NOT_ASKED, Assumed, Fit
from sim.measured.fitted import Fitted, Part

WIDTH = 118
COMMENT = 44  # the column at which comments begin, as in other files that are written


def scenario_text(fit: Fit, name: str) -> str:
    """A scenario's file."""
    return _text(fit, "scenario", [f"name: {flow(name)}"])


def design_text(fit: Fit, name: str, file: Path) -> str:
    """A design's file, for the folder of `file`."""
    key, base = start_of(fit.base, file.parent)
    return _text(fit, "design", [f"name: {flow(name)}", f"{key}: {flow(base)}  # assumed: no log says which it is"])


def _text(fit: Fit, part: Part, names: Sequence[str]) -> str:
    log, fitted = fit.log, fit.fitted(part)
    lines = f"{len(log):,} line{'s' * (len(log) != 1)}"
    handled = f"{len(log.handled):,} as the checkout handled them"
    sizes = f"{len(log.requests):,} of requests, {handled}, {len(log.calls):,} of calls"
    head = (
        f"Fitted to {lines} of {', '.join(Path(name).name for name in log.names)} ({sizes}). Each value has a comment: the "
        "interval that holds the truth in 95 of 100 such logs, and how many lines it rests on. The intervals suppose that one "
        "line's fate says nothing of the next one's, and that the whole log is of one kind of weather."
    )
    beware = [line for note in fit.notes for line in _wrapped(f"Beware: {note}")]
    summary = f"summary: {flow(f'Fitted to {lines}')}"
    assumed = _assumed(fit.assumed(part), {one.key[0] for one in fitted})
    return "\n".join([*_wrapped(head), *beware, *names, summary, *_nested(fitted), "", *assumed]) + "\n"


def _wrapped(text: str, indent: str = "", more: str = "") -> list[str]:
    """Comment lines; what a log's own names bring along can't end one."""
    begin, plain = f"{indent}# ", " ".join(text.split())
    return textwrap.wrap(
        plain, WIDTH, initial_indent=begin, subsequent_indent=begin + more, break_long_words=False, break_on_hyphens=False
    )


def _nested(fitted: Sequence[Fitted]) -> Iterator[str]:
    """The values below their sections, as YAML in blocks."""
    open_: tuple[str, ...] = ()
    sections = [one.key[:depth] for one in fitted for depth in (1, 2, 3)]
    for one in sorted(fitted, key=lambda one: [sections.index(one.key[:depth]) for depth in (1, 2, 3)]):
        common = 0
        while common < len(open_) and common < len(one.key) - 1 and open_[common] == one.key[common]:
            common += 1
        for depth in range(common, len(one.key) - 1):
            if not depth:
                yield ""
            yield f"{'  ' * depth}{flow(one.key[depth])}:"
        open_ = one.key[:-1]
        indent = "  " * len(open_)
        line = f"{indent}{flow(one.key[-1])}: {flow(one.written)}"
        if COMMENT + 4 + len(one.comment) <= WIDTH:
            yield f"{line.ljust(COMMENT)}  # {one.comment}"
        else:
            yield from _wrapped(one.comment, indent)
            yield line


def _assumed(assumed: Sequence[Assumed], fitted: set[str]) -> Iterator[str]:
    """What stays at its default: with a reason, a line each; the others by section where nothing of it is told."""
    with_reason = [one for one in assumed if one.why != NOT_ASKED]
    if with_reason:
        yield "# Assumed, as this log doesn't tell it:"
        for one in with_reason:
            yield from _wrapped(f"{'.'.join(one.key)}: {one.default}  ({one.why})", more="  ")
    others = [one.key for one in assumed if one.why == NOT_ASKED]
    mixed = fitted | {one.key[0] for one in with_reason}
    names = [".".join(key) if key[0] in mixed else key[0] for key in others]
    yield from _wrapped(f"Assumed, as {NOT_ASKED}: {', '.join(dict.fromkeys(names))}.")
