"""Read and write text files: reading fails with an error that names the remedy; a file is written whole or not at all.

Only regular files are read, and no more of them than is sensible: a pipe could keep us waiting for ever, a device has no end.
What is written replaces regular files only. A link is followed, and a device (`/dev/stdout`, `/dev/null`) is written to.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from sim.config.errors import ConfigError

MOST_READ = 16_000_000  # bytes of a file of ours; of measured data more
DRAFT = ".draft"  # how the names of files end that are still being written


def read_text(path: Path, *, most: int = MOST_READ) -> str:
    """Read a regular file's text, without the byte order mark that some editors put first. Raises ConfigError if it can't be
    read, or has more than so many bytes.
    """
    try:
        with open(path, "rb", opener=_at_once) as file:
            _check_regular(path, os.fstat(file.fileno()), most)
            content = file.read(most + 1)
        if len(content) > most:  # some files of /proc say that they have no size
            raise ConfigError(_too_large(path, most))
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: a folder, not a file") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text file in UTF-8 (byte {error.start + 1}); save it as UTF-8") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise ConfigError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _at_once(path: str, flags: int) -> int:
    """Open without waiting for somebody at the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_regular(path: Path, about: os.stat_result, most: int) -> None:
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError
    if not stat.S_ISREG(about.st_mode):
        raise ConfigError(f"{path}: not a regular file but a pipe, a device or the like; write what it gives to a file first")
    if about.st_size > most:
        raise ConfigError(_too_large(path, most))


def _too_large(path: Path, most: int) -> str:
    return f"{path}: larger than {most // 1_000_000} MB, which can't be meant; is it the right file?"


def check_new(path: Path) -> None:
    """Raises ConfigError unless a new YAML file can be written to `path`. Call this before any work is done for the file."""
    if path.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"{path}: the name of a scenario's or design's file must end in .yaml")
    if path.exists():
        raise ConfigError(f"{path}: there is a file of this name")
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.parent}")


def write_text(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a whole file, or leave nothing behind. Raises ConfigError, also if the file exists and `replace` is False."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"), replace=replace)


def write_bytes(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Like `write_text`. A file that is replaced keeps its permissions."""
    try:
        there = path.stat() if path.exists() else None
        special = there is not None and not stat.S_ISREG(there.st_mode)
        target = path.resolve() if path.is_symlink() and not special else path
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
    if there is not None and stat.S_ISDIR(there.st_mode):
        raise ConfigError(f"{path}: a folder, not a file")
    if there is not None and not replace:
        raise ConfigError(f"{path}: there is a file of this name")
    if not target.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {target.parent}")
    try:
        if special:
            target.write_bytes(content)
        else:
            _replace(target, content, 0o666 & ~_umask() if there is None else stat.S_IMODE(there.st_mode))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None


def _replace(target: Path, content: bytes, mode: int) -> None:
    _remove_old_drafts(target)
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=_drafts_of(target, os.getpid()), suffix=DRAFT)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(draft).chmod(mode)
        Path(draft).replace(target)
    finally:
        Path(draft).unlink(missing_ok=True)


def _drafts_of(target: Path, process: int) -> str:
    return f".{target.name}.{process}."


def _remove_old_drafts(target: Path) -> None:
    """Of processes that were killed before they could do it themselves."""
    begins = f".{target.name}."
    for draft in target.parent.iterdir():
        if draft.name.startswith(begins) and draft.name.endswith(DRAFT):
            process = draft.name[len(begins) :].partition(".")[0]
            if process.isdecimal() and not is_alive(int(process)):
                with suppress(OSError):
                    draft.unlink()


def is_alive(process: int) -> bool:
    """Whether there is such a process on this machine, as far as one can know."""
    if os.name != "posix":  # where this signal means something else
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's
        return True
    return True


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
