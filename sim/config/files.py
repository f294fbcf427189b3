"""Read and write text files: reading fails with an error that names the remedy; a file is written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sim.config.errors import ConfigError


def read_text(path: Path) -> str:
    """Read a file's text, without the byte order mark that some editors put first. Raises ConfigError if it can't be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: a folder, not a file") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text file in UTF-8 (byte {error.start + 1}); save it as UTF-8") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise ConfigError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


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
    write_bytes(path, text.encode(), replace=replace)


def write_bytes(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Like `write_text`."""
    if path.is_dir():
        raise ConfigError(f"{path}: a folder, not a file")
    if path.exists() and not replace:
        raise ConfigError(f"{path}: there is a file of this name")
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.parent}")
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(draft).chmod(0o666 & ~_umask())
        Path(draft).replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        Path(draft).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
