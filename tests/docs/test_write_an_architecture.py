"""The page on architectures of one's own can be followed: each step is a whole file that gives the numbers it shows."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.cli.coffee import coffee
from tests.docs.test_tutorial import ROOT
from tests.tiers import slow

PAGE = (ROOT / "docs/write-an-architecture.md").read_text(encoding="utf-8")


def blocks(step: str, kind: str) -> list[str]:
    return [part.partition("```")[0] for part in step.split(f"```{kind}\n")[1:]]


@pytest.mark.parametrize("number", slow([1, 2, 3, 4, 5], but=[1, 5]))
def test_each_step_gives_its_numbers(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The step's file is written, its command run, and every line that is shown is printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    step = PAGE.partition(f"## Step {number}:")[2].partition("\n## ")[0]
    [code], [command], [shown] = (blocks(step, kind) for kind in ("python", "sh", "text"))
    Path("my_checkout.py").write_text(code, encoding="utf-8")
    result = coffee(*shlex.split(command)[1:], "--jobs", "1")
    assert result.exit_code == 0, result.output
    printed = " ".join(result.output.split())
    assert [line for line in shown.splitlines() if line not in printed] == []


def test_what_goes_wrong_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first two mistakes of the table, in the file of step 1."""
    monkeypatch.chdir(tmp_path)
    code = blocks(PAGE.partition("## Step 1:")[2], "python")[0]
    Path("my_checkout.py").write_text(code.replace("yield from shop.settle", "shop.settle"), encoding="utf-8")
    assert (
        "`shop.settle(…)` does nothing by itself; write `yield from shop.settle(…)`" in coffee("show", "my_checkout.py").stderr
    )
    Path("my_checkout.py").write_text(code.replace("return Reply(ANSWERS.get(outcome, Answer.FAILED), order)", "return order"))
    done = coffee("run", "morning-rush", "my_checkout.py", "-n", "1", "-j", "1")
    assert done.exit_code == 2
    assert "my_checkout.py:9: handle: it ends with an Order; expected a Reply" in done.stderr
    assert done.stderr.rstrip().endswith("seed 0)")
