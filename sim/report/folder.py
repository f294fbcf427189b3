"""Writes a folder completely or not at all: the files are written beside its place, and a rename puts them there."""

from __future__ import annotations

import errno
import glob
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.config.errors import ConfigError
from sim.config.files import is_alive

DRAFT = ".new"  # how the names of folders end that are still being written
TRIES = 20  # to replace the folder, when another writer puts its own there at the same moment

Ours = Callable[[str], bool]  # is the file at this path (relative, with slashes) one of ours, which may be replaced?


def named(*files: str, charts: Iterable[str] = ()) -> frozenset[str]:
    """The names of a folder's files: a chart has two, as PNG and as SVG."""
    return frozenset({*files, *(f"{chart}.{ending}" for chart in charts for ending in ("png", "svg"))})


@contextmanager
def replacing(folder: Path, *, ours: Ours) -> Iterator[Path]:
    """An empty temporary folder that takes the place of `folder` when the block ends well, and is removed if it doesn't.

    An existing folder is replaced only if every file in it is ours. Raises ConfigError if one isn't, or if a file can't
    be written.
    """
    check_replaceable(folder, ours=ours)
    folder = folder.resolve()
    _remove_old_drafts(folder)
    made = folder.parent / f".{folder.name}.{os.getpid()}.{secrets.token_hex(6)}{DRAFT}"
    try:
        made.mkdir(parents=True)
        yield made
        _put(made, folder, ours)
    except OSError as error:
        raise ConfigError(_cannot(folder, error)) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _remove_old_drafts(folder: Path) -> None:
    """Of processes that were killed before they could do it themselves."""
    for draft in folder.parent.glob(f".{glob.escape(folder.name)}.*{DRAFT}"):
        process = draft.name.removeprefix(f".{folder.name}.").partition(".")[0]
        if process.isdecimal() and not is_alive(int(process)):
            shutil.rmtree(draft, ignore_errors=True)


def check_replaceable(folder: Path, *, ours: Ours) -> None:
    """Raises ConfigError if `folder` can't be written to, or holds a file that isn't ours."""
    try:
        folder = _resolved(folder)
        if Path.cwd().is_relative_to(folder):
            raise ConfigError(
                f"{folder}: this is where you are now; name a folder of the report's own, such as {folder / 'report'}"
            )
        _check_content(folder, folder, ours)
        there = next(path for path in folder.parents if path.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            raise ConfigError(f"{folder}: cannot be written: no permission in {there}; name a folder elsewhere")
        with tempfile.TemporaryDirectory(prefix=".", suffix=DRAFT, dir=there):  # not everywhere is a permission enough
            pass
    except OSError as error:
        raise ConfigError(_cannot(folder, error)) from error


def _resolved(folder: Path) -> Path:
    try:
        return folder.resolve()
    except RuntimeError:  # as Python 3.11 and 3.12 call it
        raise ConfigError(f"{folder}: a link that leads in a circle; name another folder") from None


def _check_content(place: Path, folder: Path, ours: Ours) -> None:
    """Raises ConfigError unless everything at `place`, if there is anything, is ours. The message speaks of `folder`."""
    with suppress(FileNotFoundError):
        if not stat.S_ISDIR(place.stat().st_mode):
            raise ConfigError(f"{folder}: this is a file; name a folder for the report")
    foreign = sorted(name for name in _files(place) if not ours(name))
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise ConfigError(
            f"{folder}: holds {foreign[0]}{more}, which is no part of a report, so it is left alone; "
            "name another folder, or move those files away"
        )


def _files(place: Path) -> Iterator[str]:
    """All files and links below a folder, relative to it. A folder that vanishes during the search is no error."""

    def raise_unless_gone(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    for parent, folders, files in os.walk(place, onerror=raise_unless_gone):
        for name in (*files, *(name for name in folders if Path(parent, name).is_symlink())):
            yield Path(parent, name).relative_to(place).as_posix()


def _put(made: Path, folder: Path, ours: Ours) -> None:
    """Rename `made` to `folder`. The folder that was there moves aside first, is checked again, and is restored on failure."""
    for attempt in range(TRIES):
        old = made.with_suffix(f".old{attempt}")
        with suppress(FileNotFoundError):
            folder.rename(old)
        try:
            _check_content(old, folder, ours)
            made.rename(folder)
        except BaseException as error:
            overtaken = isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST)
            if not overtaken or attempt + 1 == TRIES:
                with suppress(FileNotFoundError):
                    old.rename(folder)
                raise
        shutil.rmtree(old, ignore_errors=True)
        if not made.exists():
            return


def _cannot(folder: Path, error: OSError) -> str:
    return f"{folder}: cannot be written: {error.strerror or error}; name a folder that you may write to, on a disk with room"
