"""The panel in a real JupyterLab, driven by a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.chromium import CHROMIUM, FLAGS
from tests.lab.server import PATIENCE_S, jupyter_lab

IMAGE = "img.widget-image"
CELLS = (
    'import sim\npanel = sim.explore("morning-rush", "naive", mornings=2000)\npanel',
    "f'{panel._bar.value} of {panel._bar.max}, answered'",
)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_slider_moves_and_the_figure_changes(tmp_path: Path) -> None:
    """A cell run while the panel simulates is answered; sliders moved by the keyboard give that up, and change the figure."""
    playwright = pytest.importorskip("playwright.sync_api")
    with jupyter_lab(tmp_path, CELLS) as address, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 1200})
            page.set_default_timeout(PATIENCE_S * 1000)
            # On a busy machine JupyterLab may say that its server does not answer; as a person would, take note and go on.
            page.add_locator_handler(
                page.locator("dialog.jp-Dialog"), lambda dialog: dialog.locator("button.jp-mod-accept").click()
            )
            page.goto(address)
            run(page, 0)
            page.get_by_text("of 2,000 mornings").wait_for()  # minutes: there is a meanwhile on any machine
            run(page, 1)
            answer = page.locator(".jp-OutputArea-output", has_text="answered").inner_text()
            assert "of 2000, answered" in answer
            assert int(answer.strip("'").split()[0]) < 2000
            slider(page, "mornings").focus()
            page.keyboard.press("Home")  # one morning: what was under way is given up
            first = figure_other_than(page, "")
            slider(page, "app timeout").focus()
            page.keyboard.press("Home")
            figure_other_than(page, first)
            page.get_by_text("before", exact=True).wait_for()
        finally:
            browser.close()


def run(page: Any, number: int) -> None:
    """Run a cell, as soon as the kernel takes it, and wait until it has an output."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    cell.wait_for()
    prompt, asked = cell.locator(".jp-InputPrompt"), 0
    while prompt.inner_text().strip() in ("[ ]:", ""):
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(1000)
        asked += 1
        assert asked < PATIENCE_S
    cell.locator(".jp-OutputArea-output").first.wait_for()


def slider(page: Any, label: str) -> Any:
    labels = page.locator(".widget-slider .widget-label").all_inner_texts()
    return page.get_by_role("slider").nth(labels.index(label))


def figure_other_than(page: Any, before: str) -> str:
    """The address of the figure's bytes, once it is drawn and another one."""
    page.wait_for_function(
        f"before => {{ const i = document.querySelector('{IMAGE}'); return i && i.naturalWidth > 100 && i.src !== before }}",
        arg=before,
    )
    source: str = page.locator(IMAGE).get_attribute("src")
    return source
