"""A server of the page as a process of its own, and a browser that looks at it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import CHROMIUM, FLAGS

PATIENCE_MS = 120_000  # for what takes a second on an idle machine


@contextmanager
def served(folder: Path, *arguments: str, command: str = "serve") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of `coffee serve` with these arguments, as long as the block lasts."""
    program = [sys.executable, "-c", "from sim.cli import main; main()", command, *arguments]
    with subprocess.Popen(program, cwd=folder, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            found = re.search(r"http://\S+", said := server.stderr.readline())
            assert found, said
            yield found[0], server
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGINT)
                server.wait(60)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser, or a test that is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Looked:
    """A page of the browser that notes whatever goes wrong in it, and whom it asks."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, address: str) -> Looked:
        self.page.goto(address)
        self.settled()
        return self

    def settled(self) -> None:
        """Wait until everything asked for is there."""
        self.page.locator("main[aria-busy=false]").wait_for()

    def fragment(self) -> str:
        return str(self.page.evaluate("decodeURIComponent(location.hash)"))

    def metric(self, name: str) -> list[str]:
        """What the table of numbers says of a metric, on each side."""
        row = self.page.locator("tr", has=self.page.locator(f"th code:text-is('{name}')"))
        return [text.strip() for text in row.locator("td data").all_inner_texts()]

    def at_end(self) -> list[dict[str, int]]:
        """The jars when the morning is over: kind of harm -> how many, on each side."""
        self.page.locator(".scrub").evaluate("bar => { bar.value = bar.max; bar.dispatchEvent(new Event('input')); }")
        self.page.wait_for_timeout(300)
        counts = []
        for jar in self.page.locator(".jar").all():
            told = [text.split(" of ")[0].split(" ", 1) for text in jar.locator("li button").all_inner_texts()]
            counts.append({label.strip(): int(number.replace(",", "")) for number, label in told})
        return counts
