from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sim.config.errors import ConfigError
from sim.report.folder import check_replaceable, replacing

OURS = {"a", "b/c"}


def ours(name: str) -> bool:
    return name in OURS


def filled(folder: Path, text: str) -> None:
    with replacing(folder, ours=ours) as made:
        (made / "a").write_text(text)
        (made / "b").mkdir()
        (made / "b" / "c").write_text(text)


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    """Missing parents are made, nothing is at the place before the end, and nothing else is left behind."""
    folder = tmp_path / "x" / "y"
    with replacing(folder, ours=ours) as made:
        (made / "a").write_text("1")
        assert not folder.exists()
    assert everything(tmp_path) == {"x", "x/y", "x/y/a"}


@pytest.mark.skipif(os.name != "posix", reason="asks for processes as Unix has them")
def test_drafts_of_the_dead_are_removed(tmp_path: Path) -> None:
    """Those of a process that was killed; not of one that lives, and not of another folder."""
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    dead, living = done.stdout.strip(), os.getppid()
    for name in (f".r.{dead}.ab.new", f".r.{living}.ab.new", f".other.{dead}.ab.new", ".r.mine.new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text("half")
    filled(tmp_path / "r", "1")
    assert {path.name for path in tmp_path.iterdir()} == {"r", f".r.{living}.ab.new", f".other.{dead}.ab.new", ".r.mine.new"}


def test_an_older_one_is_replaced_whole(tmp_path: Path) -> None:
    """What an earlier report had and the new one hasn't is gone."""
    filled(tmp_path / "r", "old")
    with replacing(tmp_path / "r", ours=ours) as made:
        (made / "a").write_text("new")
    assert everything(tmp_path) == {"r", "r/a"}
    assert (tmp_path / "r" / "a").read_text() == "new"


def half_filled(folder: Path, error: BaseException) -> None:
    with replacing(folder, ours=ours) as made:
        (made / "a").write_text("half")
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_the_old_one(tmp_path: Path, error: type[BaseException]) -> None:
    """Whatever stops the writing, the earlier report is untouched and no half-written one is left."""
    filled(tmp_path / "r", "old")
    with pytest.raises(error):
        half_filled(tmp_path / "r", error())
    assert everything(tmp_path) == {"r", "r/a", "r/b", "r/b/c"}
    assert (tmp_path / "r" / "a").read_text() == "old"


def test_a_full_disk_is_told_with_path_and_remedy(tmp_path: Path) -> None:
    """An error of the disk is an error of ours that names the folder, and leaves nothing."""
    with pytest.raises(ConfigError, match=r"r: cannot be written: No space left on device; name a folder"):
        half_filled(tmp_path / "r", OSError(28, "No space left on device"))
    assert everything(tmp_path) == set()


def test_a_failing_rename_brings_the_old_one_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the new folder can't be put in its place, the earlier one returns to it."""
    filled(tmp_path / "r", "old")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.suffix == ".new":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(ConfigError, match="Permission denied"):
        filled(tmp_path / "r", "new")
    assert everything(tmp_path) == {"r", "r/a", "r/b", "r/b/c"}
    assert (tmp_path / "r" / "a").read_text() == "old"


@pytest.mark.parametrize("foreign", ["thesis.tex", "b/photo.png", "a/deeper"])
def test_foreign_files_are_never_deleted(tmp_path: Path, foreign: str) -> None:
    """A folder with anything that isn't ours is refused before any work, by name, and stays as it is."""
    path = tmp_path / "r" / foreign
    path.parent.mkdir(parents=True)
    path.write_text("precious")
    with pytest.raises(ConfigError, match=f"{foreign}.*no part of a report.*name another folder"):
        filled(tmp_path / "r", "new")
    assert path.read_text() == "precious"


def test_foreign_files_that_come_later_are_safe_too(tmp_path: Path) -> None:
    """A file put into the folder while the report is being written stops the replacement."""
    filled(tmp_path / "r", "old")
    writing = replacing(tmp_path / "r", ours=ours)
    with writing as made:
        (made / "a").write_text("new")
        (tmp_path / "r" / "late.txt").write_text("precious")
        with pytest.raises(ConfigError, match="no part of a report"):
            writing.__exit__(None, None, None)
    assert (tmp_path / "r" / "a").read_text() == "old"
    assert not [name for name in everything(tmp_path) if name.startswith(".")]


def test_an_empty_folder_is_welcome(tmp_path: Path) -> None:
    """An empty folder may be filled."""
    (tmp_path / "r").mkdir()
    filled(tmp_path / "r", "new")
    assert (tmp_path / "r" / "a").read_text() == "new"


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    """A file at the place, or above it, is an error that names it."""
    (tmp_path / "r").write_text("precious")
    with pytest.raises(ConfigError, match="this is a file"):
        check_replaceable(tmp_path / "r", ours=ours)
    with pytest.raises(ConfigError, match="cannot be written"):
        filled(tmp_path / "r" / "deeper", "new")
    assert (tmp_path / "r").read_text() == "precious"


def test_where_you_are_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder isn't pulled away from under the feet of a shell."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="where you are now"):
        check_replaceable(Path(), ours=ours)


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that can't be written to is refused before any work, and the nearest folder that exists is named."""
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # nothing is forbidden to root
    with pytest.raises(ConfigError, match=f"no permission in {tmp_path};"):
        check_replaceable(tmp_path / "x" / "r", ours=ours)


@pytest.mark.skipif(sys.platform != "linux", reason="a place where nobody can make a folder, whatever permissions say")
def test_a_permission_is_not_always_enough() -> None:
    """It is tried before any work, and nothing stays behind."""
    with pytest.raises(ConfigError, match="/proc/r: cannot be written"):
        check_replaceable(Path("/proc/r"), ours=ours)


def test_a_link_is_followed(tmp_path: Path) -> None:
    """A symbolic link to a report stays a link, and what it points to is replaced."""
    filled(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    filled(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a").read_text() == "new"


def test_the_folder_can_be_read_by_others(tmp_path: Path) -> None:
    """Permissions are those of any new folder, not those of a temporary one."""
    (tmp_path / "plain").mkdir()
    filled(tmp_path / "r", "x")
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_writers_at_the_same_time_leave_one_whole_folder(tmp_path: Path) -> None:
    """Of many writers the last one wins; every file is of the same writer, and nobody fails."""

    def write(number: int) -> None:
        for turn in range(20):
            filled(tmp_path / "r", f"{number} {turn}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert everything(tmp_path) == {"r", "r/a", "r/b", "r/b/c"}
    assert (tmp_path / "r" / "a").read_text() == (tmp_path / "r" / "b" / "c").read_text()
