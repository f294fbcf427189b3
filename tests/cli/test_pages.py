"""Every command whose result somebody may want to send has a page: the answer, the world, and how to have it again."""

from __future__ import annotations

import json
import re
import shlex
from html import unescape
from pathlib import Path

import pytest

from tests.cli.coffee import SCENARIO, coffee

QUICK = ("-n", "2", "-j", "1")
COMMANDS = {
    "run": ("run", "tiny.yaml", "outbox", *QUICK, "--out", "page"),
    "size": ("size", "tiny.yaml", "outbox", *QUICK, "--fresh", "2", "--objective", "confirmed_share=10%", "--out", "page"),
    "sweep": ("sweep", "tiny.yaml", "outbox", "-v", "checkout.workers=2,4", *QUICK, "--out", "page"),
    "sensitivity": ("sensitivity", "tiny.yaml", "outbox", "--input", "provider.ambiguous", *QUICK, "--out", "page"),
    "optimise": ("optimise", "tiny.yaml", "--design-space", "space.yaml", *QUICK, "--out", "page"),
}
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(SCENARIO.replace("a slow and flaky provider", HOSTILE), encoding="utf-8")
    Path("space.yaml").write_text("from: [outbox]\nvary: {checkout.workers: [2, 64]}\n", encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_a_command(name: str) -> None:
    """It stands alone, shows no name as markup, asks no other host, and the command on it gives the same page again."""
    done = coffee(*COMMANDS[name])
    assert done.exit_code in (0, 3), done.stderr
    assert "page/report.html" in done.stdout + done.stderr
    page = Path("page/report.html").read_text(encoding="utf-8")
    assert "The world of this morning" in page
    assert "How to reproduce it" in page
    assert 'download="tiny.yaml"' in page
    assert 'download="outbox.yaml"' in page or name == "optimise"
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    command = re.search(r"<pre>(coffee .*?)</pre>", page)
    assert command is not None
    again = coffee(*shlex.split(unescape(command[1]))[1:], "--jobs", "1", "--out", "other")
    assert again.exit_code == done.exit_code, again.stderr
    assert Path("other/report.html").read_text(encoding="utf-8") == page


@pytest.mark.slow
def test_every_command_on_a_report_runs() -> None:
    """Those of the page of a comparison, as they stand there: to have it again, and to see more of it."""
    assert coffee("compare", "tiny.yaml", "naive", "outbox", *QUICK, "--out", "page").exit_code == 0
    page = Path("page/report.html").read_text(encoding="utf-8")
    found = [unescape(text) for text in re.findall(r"<(?:pre|code)>(coffee [a-z]+ [^<]+)<", page)]
    assert {command.split()[1] for command in found} >= {"compare", "explain"}
    for command in dict.fromkeys(found):
        done = coffee(*shlex.split(command)[1:])
        assert done.exit_code in (0, 1, 3), (command, done.stderr)


def test_a_curve_has_its_page_elsewhere() -> None:
    refused = coffee("size", "tiny.yaml", "--peak", "1/min", "--out", "page")
    assert refused.exit_code == 2
    assert "coffee compare --cost-curve" in refused.stderr


@pytest.mark.slow
def test_a_comparison_links_to_its_playback_where_it_was_asked_for() -> None:
    """The first and the last design, as --set says, on the report's first seed; the command makes both again."""
    options = ("-n", "1", "-j", "1", "--seed", "3", "--set", "provider.ambiguous=20%", "--out", "page")
    done = coffee("compare", "tiny.yaml", "naive", "idempotent", "outbox", *options, "--playback")
    assert done.exit_code in (0, 3), done.stderr
    page, played = (Path("page", name).read_text(encoding="utf-8") for name in ("report.html", "playback.html"))
    assert 'href="playback.html"' in page
    assert "naive and outbox side by side" in page
    assert "--playback" in re.findall(r"<pre>(coffee .*?)</pre>", page)[0]
    held = json.loads(re.findall(r'id="tape">(.*?)</script>', played)[0])
    assert [side["design"] for side in held["start"]["sides"]] == ["naive", "outbox"]
    assert held["start"]["seed"] == 3
    assert coffee("compare", "tiny.yaml", "naive", *QUICK, "--out", "page").exit_code in (0, 3)
    assert "playback" not in Path("page/report.html").read_text(encoding="utf-8")
    assert not Path("page/playback.html").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [("--no-report", "coffee play"), ("--cells 2", "leave --cells out"), ("--fit-to-traffic", "leave --fit")],
)
def test_a_playback_that_cannot_be_is_refused_before_any_work(options: str, words: str) -> None:
    refused = coffee("compare", "tiny.yaml", "naive", *QUICK, "--playback", *options.split())
    assert (refused.exit_code, words in refused.stderr, refused.stdout) == (2, True, "")
