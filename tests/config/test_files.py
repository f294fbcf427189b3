"""Only regular files are read, only regular files are replaced, and what is replaced keeps its permissions."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sim.config.columns import read_column
from sim.config.errors import ConfigError
from sim.config.files import read_text, write_text

posix = pytest.mark.skipif(os.name != "posix", reason="pipes, devices and permissions as Unix has them")


@posix
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Nobody may ever write to it."""
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(ConfigError, match=r"pipe\.yaml: not a regular file but a pipe, a device or the like"):
        read_text(tmp_path / "pipe.yaml")


@posix
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom"])
def test_a_device_is_not_read(device: str) -> None:
    """Some have no end."""
    with pytest.raises(ConfigError, match=f"{device}: not a regular file"):
        read_text(Path(device))


def test_a_file_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    """Its size is looked at first. It is all holes, so it takes no room."""
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(ConfigError, match=r"huge\.yaml: larger than 16 MB, which can't be meant"):
        read_text(tmp_path / "huge.yaml")


@posix
@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="looks at /proc")
def test_a_file_that_lies_about_its_size() -> None:
    """Those of /proc say that they have none; no more is read of them than of any other."""
    assert Path("/proc/self/smaps").stat().st_size == 0
    with pytest.raises(ConfigError, match="larger than 0 MB"):
        read_text(Path("/proc/self/smaps"), most=100)


@posix
def test_a_device_is_written_to() -> None:
    """And is a device afterwards: for root, a rename would put a file in its place."""
    write_text(Path("/dev/null"), "text", replace=True)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@posix
def test_stdout_is_written_to() -> None:
    """`/dev/stdout` leads to whatever that is."""
    write = "write_text(Path('/dev/stdout'), 'text', replace=True)"
    program = f"from pathlib import Path; from sim.config.files import write_text; {write}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "text"


@posix
def test_a_link_is_followed(tmp_path: Path) -> None:
    """What it leads to is replaced, and the link stays one."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "elsewhere" / "real.csv")
    write_text(tmp_path / "link.csv", "new", replace=True)
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "elsewhere" / "real.csv").read_text() == "new"


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_permissions_are_kept(tmp_path: Path, mode: int) -> None:
    """A file that others may not read is not opened to them by being written anew."""
    file = tmp_path / "mine.json"
    file.write_text("old")
    file.chmod(mode)
    write_text(file, "new", replace=True)
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new", mode)


@posix
def test_drafts_of_the_dead_are_removed(tmp_path: Path) -> None:
    """And neither those of the living, nor a file that only looks like one."""
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    dead, living = int(done.stdout), os.getppid()
    others = {f".r.csv.{living}.abc.draft", ".r.csv.mine.draft", f".other.csv.{dead}.abc.draft"}
    for name in (f".r.csv.{dead}.abc.draft", *others):
        (tmp_path / name).write_text("half")
    write_text(tmp_path / "r.csv", "whole")
    assert {path.name for path in tmp_path.iterdir()} == {"r.csv", *others}


@pytest.mark.parametrize(
    "text",
    ["seconds\n0.45\n1.2\n", "seconds;\n",
     "shop;seconds\nnorth;0,45\nsouth;1,2\n", "shop;seconds\r\nnorth;0.45\r\nsouth;1.2\r\n",
     '"shop","seconds"\n"a, b","0.45"\n"c","1.2"\n', "\ufeffseconds\n0.45\n1.2\n"],
)  # fmt: skip
def test_columns_as_spreadsheets_write_them(tmp_path: Path, text: str) -> None:
    """A decimal comma is one where semicolons stand between the cells; quotes, Windows' line ends and a byte order mark."""
    file = tmp_path / "x.csv"
    file.write_bytes(text.encode())
    if text == "seconds;\n":
        with pytest.raises(ValueError, match="no data"):
            read_column(file, "seconds", keys=("file", "column"))
    else:
        assert read_column(file, "seconds", keys=("file", "column")) == (0.45, 1.2)
