"""The report in a real browser with the network off: whole, and asking for nothing."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path

import pytest

from sim.experiment.compare import Comparison
from sim.report.page import write_report
from tests.chromium import CHROMIUM

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1280,900",
)  # fmt: skip
PROBE = """<script>
document.title = "probed";
const sizes = [...document.querySelectorAll("svg")].map(e => e.getBoundingClientRect()).map(r => [r.width, r.height]);
const probe = document.createElement("pre");
probe.id = "probe";
probe.textContent = JSON.stringify({
  asked: performance.getEntriesByType("resource").map(entry => entry.name),
  wide: document.documentElement.scrollWidth, sizes, broken: [...document.images].filter(i => !i.naturalWidth).length,
});
document.body.append(probe);
</script>"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_page_is_whole_and_asks_for_nothing(stormy: Comparison, tmp_path: Path) -> None:
    """At 1280 px nothing sticks out, every chart has a size, no image is missing, and nothing is fetched."""
    page = write_report(stormy, tmp_path / "report", command="coffee compare")
    probed = tmp_path / "probed.html"
    probed.write_text(page.read_text().replace("</body>", PROBE + "</body>"))
    assert CHROMIUM is not None
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", probed.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240).stdout
    match = re.search(r'<pre id="probe">(.*?)</pre>', dom, flags=re.DOTALL)
    assert match is not None
    seen = json.loads(html.unescape(match[1]))
    assert seen["asked"] == []
    assert seen["broken"] == 0
    assert seen["wide"] <= 1280
    assert len(seen["sizes"]) >= 6
    assert all(width > 200 and height > 100 for width, height in seen["sizes"])
