"""The server answers its own page and nobody else, and tells browsers to load nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from sim.architectures import load_design
from sim.config.library import load_scenario
from sim.page.running import Runs
from sim.page.server import FILES, STATIC, application
from sim.page.shelf import Shelf
from tests.page.asking import HOST, ask

TOKEN = "secret-token"
START = {"scenario": "storm.yaml", "sides": [{"design": "naive"}, {"design": "outbox"}], "seed": 0}


@pytest.fixture
def app() -> Starlette:
    return application(Runs(Shelf()), token=TOKEN, port=4711, start=START)


@pytest.mark.parametrize("file", FILES)
def test_every_file_is_served_with_a_policy(app: Starlette, file: str) -> None:
    """No inline script, nothing from elsewhere, nobody frames it, and no address is told to others."""
    answer = ask(app, "GET", f"/{TOKEN}/{file}")
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_has_no_inline_script_and_no_address() -> None:
    """So that the policy has nothing to allow."""
    text = (Path(__file__).parents[2] / "sim" / "page" / "static" / "index.html").read_text(encoding="utf-8")
    assert text.count("<script") == 1
    assert 'src="page.js"></script>' in text
    assert "http" not in text
    assert "style=" not in text


def test_the_bundle_is_small_and_names_no_other_host() -> None:
    """At most 150 KB, and no address but the names of SVG's and HTML's vocabularies."""
    files = [STATIC / name for name in FILES.values()]
    assert sum(file.stat().st_size for file in files) <= 150_000
    found = {host for file in files for host in re.findall(r"https?://([\w.-]+)", file.read_text(encoding="utf-8"))}
    assert found <= {"www.w3.org"}


@pytest.mark.parametrize("path", ["/", "/wrong/", "/wrong/start", f"/{TOKEN}x/", f"/{TOKEN[:-1]}/"])
def test_without_the_token_nobody_gets_in(app: Starlette, path: str) -> None:
    """Also not with a part of it."""
    assert ask(app, "GET", path).status == 403


@pytest.mark.parametrize("host", ["", "evil.example", "evil.example:4711", "127.0.0.1", "127.0.0.1:80", "localhost:80"])
def test_other_names_of_this_machine_get_nothing(app: Starlette, host: str) -> None:
    """A page that rebinds its name to this machine is refused."""
    assert ask(app, "GET", f"/{TOKEN}/", headers={**HOST, "host": host}).status == 403


@pytest.mark.parametrize("origin", ["", "null", "http://evil.example", "https://127.0.0.1:4711", "http://127.0.0.1:80"])
@pytest.mark.parametrize("where", ["run", "story", "save"])
def test_other_pages_post_nothing(app: Starlette, where: str, origin: str) -> None:
    """Nor does anybody who doesn't say where they come from."""
    assert ask(app, "POST", f"/{TOKEN}/{where}", body=START, headers={**HOST, "origin": origin}).status == 403


@pytest.mark.parametrize("path", ["page.css/../server.py", "../server.py", "%2e%2e/server.py", "index.html", "static/page.js"])
def test_no_other_file_is_served(app: Starlette, path: str) -> None:
    """Whatever is asked for."""
    assert ask(app, "GET", f"/{TOKEN}/{path}").status in (403, 404)


def test_a_request_that_is_too_long_is_no_wish(app: Starlette) -> None:
    """It is not kept in memory."""
    [line] = ask(app, "POST", f"/{TOKEN}/run", body={"scenario": "x" * 2_000_000}).lines
    assert line["line"] == "error"


def save(app: Starlette, **more: Any) -> Any:
    [answer] = ask(app, "POST", f"/{TOKEN}/save", body={**START, **more}).lines
    return answer


@pytest.mark.usefixtures("folder")
def test_what_is_saved_is_what_was_on_the_page(app: Starlette) -> None:
    """A design and a scenario, with comments; loaded again they are the same."""
    changes = {"set": {"app.timeout": "3s", "faults[0].for": "1min", "customers.double_tap.p": "5%"}}
    assert save(app, **changes, side=1, name="my-outbox.yaml")["then"] == "coffee run storm.yaml my-outbox.yaml"
    assert load_design("my-outbox.yaml").app.timeout == 3.0
    assert "# " in Path("my-outbox.yaml").read_text(encoding="utf-8")
    assert save(app, **changes, side=-1, name="my-storm.yaml")["file"] == "my-storm.yaml"
    scenario = load_scenario("my-storm.yaml")
    assert scenario.faults[0].lasts.constant == 60.0  # type: ignore[union-attr]
    assert scenario.customers.double_tap.p == 0.05
    assert len(scenario.faults) == 2


@pytest.mark.parametrize("name", ["../x.yaml", "/tmp/x.yaml", "sub/x.yaml", ".x.yaml", "x.py", "x", "", "storm.yaml", 5, None])
def test_a_name_leads_out_of_the_folder_or_over_a_file_never(app: Starlette, folder: Path, name: Any) -> None:
    """Nothing is written."""
    before = {path: path.read_bytes() for path in folder.rglob("*")}
    assert save(app, side=0, name=name)["messages"]
    assert {path: path.read_bytes() for path in folder.rglob("*")} == before
