"""`coffee rehearse`: perfect and broken shops, services that can't be judged, and that nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sim.config.library import parse_scenario
from tests.cli.coffee import ran, start
from tests.real import shops

ROOT = Path(__file__).parents[2]
ADAPTER = """service: {{url: "http://127.0.0.1:{port}", ready: GET /health, ready_within: 8s}}
order:
  request: POST /orders
  headers: {{Idempotency-Key: "{{key}}"}}
  json: {{amount: "{{cents}}", card: "{{card}}", email: "c{{purchase}}@coffee.test"}}
  order: json.id
orders: {{request: GET /orders, items: json.data, purchase: email, confirmed: status == paid, cents: cents}}
process: {{start: "{python} {shop} {port} {{provider}} {way}"}}
provider: {{late: 900ms}}
app: {{timeout: 700ms, backoff: 200ms, attempts: 4}}
settle: {{quiet: 100ms, most: 1s}}
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def adapter(folder: Path, way: str, *, port: int = 0, **instead: str) -> tuple[Path, int]:
    """The file, and where the shop listens. `instead`: whole lines, by their first key."""
    port = port or free_port()
    text = ADAPTER.format(port=port, python=sys.executable, shop=Path(shops.__file__), way=way)
    lines = [line for line in text.splitlines() if line.partition(":")[0] not in instead]
    file = folder / f"{way}.yaml"
    file.write_text("\n".join([*lines, *(line for line in instead.values() if line)]) + "\n", encoding="utf-8")
    return file, port


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def rehearsed(file: Path, port: int, *more: str) -> tuple[int, Any, str]:
    """Exit code, document and stderr of a rehearsal, after which nobody listens any more."""
    code, out, err = ran("rehearse", str(file), "--json", *more)
    assert not listens(port)
    return code, json.loads(out) if out else None, err


@pytest.mark.slow
def test_a_perfect_shop_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one mishap of each kind nobody is harmed: what is found is the shop's doing, and not the rehearsal's.

    Its orders are in the temporary folder: they are there after each kill, and gone in the end.
    """
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    file, port = adapter(tmp_path, "perfect")
    code, found, err = rehearsed(file, port, "--every", "1")
    assert list(tmp_path.iterdir()) == [file]
    assert (code, found["verdict"], found["failing"]) == (0, "holds", []), (found, err)
    assert found["runs"] == {"0": 1, "1": 10}
    never = [kind for kind, times in found["reached"].items() if not times]
    assert never == ["tap again"]  # there is nothing to be impatient about, when only that goes wrong


@pytest.mark.slow
def test_a_shop_that_always_charges_twice_fails(tmp_path: Path) -> None:
    """Without any mishap, with its story; its scenario file can be read; the page has the picture."""
    file, port = adapter(tmp_path, "twice")
    page, folder = tmp_path / "page.html", tmp_path / "broken"
    code, found, _ = rehearsed(file, port, "--every", "0", "--out", str(page), "--keep", str(folder))
    assert (code, found["verdict"]) == (1, "violated")
    (one,) = found["failing"]
    assert (one["harm"], one["charged"], one["orders"], one["mishaps"], one["reproduced"]) == (
        ["double_charge"],
        2,
        1,
        [],
        True,
    )
    assert any("VIOLATION: this customer was charged twice" in line for line in one["story"])
    text = (folder / "mishap-1.yaml").read_text(encoding="utf-8")
    assert parse_scenario(text).mishaps == ()
    html = page.read_text(encoding="utf-8")
    assert "<svg" in html
    assert "a customer was charged twice" in html
    assert "http://www.w3.org" in html or "src=" not in html


@pytest.mark.slow
def test_a_shop_whose_keys_are_new_each_time(tmp_path: Path) -> None:
    """Caught by one mishap, each told in the language of scenario files; no set with more is needed."""
    file, port = adapter(tmp_path, "forgetful")
    code, found, _ = rehearsed(file, port, "--every", "1")
    broken = {json.dumps(one["mishaps"]): one["harm"] for one in found["failing"]}
    assert code == 1
    for mishap in ({"call": 1, "is": "lost"}, {"answer": 1, "is": "lost"}, {"crash": "checkout", "after": "charge", "nth": 1}):
        assert "double_charge" in broken[json.dumps([mishap])], broken
    kinds = {" ".join(map(str, one["mishaps"][0].values())) for one in found["failing"]}
    assert any(kind.startswith("1 late") for kind in kinds)
    assert any(kind.startswith("taps_again") for kind in kinds)
    assert all(len(parse_scenario(one["scenario"]).mishaps) == 1 for one in found["failing"])
    assert json.dumps([{"call": 1, "is": "refused"}]) not in broken
    assert all(one["reproduced"] for one in found["failing"])


@pytest.mark.slow
def test_what_cannot_be_seen_is_not_judged(tmp_path: Path) -> None:
    """Without `orders:` a charge too many is still found; what would need the orders is named."""
    file, port = adapter(tmp_path, "twice", orders="")
    code, found, _ = rehearsed(file, port, "--every", "0")
    assert (code, found["failing"][0]["orders"]) == (1, None)
    assert set(found["not_judged"]) == {"duplicate_order", "orphan_charge", "unpaid_order"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "said"),
    [
        pytest.param("hangs", "was answered no answer, no answer", marks=pytest.mark.slow),
        pytest.param("rubbish", "was answered no answer", marks=pytest.mark.slow),
        ("silent", "never called the provider at http://127.0.0.1:"),
        ("dies", "nobody could buy anything"),
        pytest.param("no-list", "the orders can't be read: GET /orders was answered 500", marks=pytest.mark.slow),
        pytest.param("live-key", "a key for real money", marks=pytest.mark.slow),
    ],
)
def test_a_service_that_cannot_be_judged(tmp_path: Path, way: str, said: str) -> None:
    """It gets a sentence and exit 3, and no process is left."""
    file, port = adapter(tmp_path, way)
    code, found, err = rehearsed(file, port, "--every", "1")
    assert (code, found["verdict"]) == (3, "undecided"), (found, err)
    assert said in found["why"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start_with", "said"),
    [
        (
            "-c 'import sys; print(\"no database\"); sys.exit(4)'",
            "ended by itself with 4 before it was ready; it said:\n  no database",
        ),
        ("-c 'import time; time.sleep(60)'", "was not ready within 1 s (GET /health at http://127.0.0.1:"),
        ("-m http.server {port} --bind 127.0.0.1", "it answered 404"),
    ],
)
def test_a_service_that_never_is_ready(tmp_path: Path, start_with: str, said: str) -> None:
    """It dies at start, listens nowhere, or refuses: a sentence with what it said last, and exit 3."""
    port = free_port()
    command = f"{sys.executable} {start_with.format(port=port)}".replace('"', '\\"')
    file, _ = adapter(
        tmp_path, "perfect", port=port, process=f'process: {{start: "{command}"}}',
        service=f'service: {{url: "http://127.0.0.1:{port}", ready: GET /health, ready_within: 1s}}',
    )  # fmt: skip
    code, found, _ = rehearsed(file, port)
    assert (code, said in found["why"]) == (3, True), found["why"]


@pytest.mark.slow
def test_what_leaves_its_session_is_told(tmp_path: Path) -> None:
    """A service that hides from the kill is named: undecided, and what still listens is said."""
    file, port = adapter(tmp_path, "leaks")
    code, out, err = ran("rehearse", str(file), "--json", "--every", "1")
    try:
        assert code == 3
        assert "still listens" in err
        assert "still listens" in json.loads(out)["leftover"]
    finally:
        _end_who_listens(port)


def _end_who_listens(port: int) -> None:
    """The test's own grandchild, by the port in its command line."""
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                words = (each / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if str(port).encode() in words and b"leaks" in words:
                os.kill(int(each.name), signal.SIGKILL)


@pytest.mark.slow
def test_a_stubborn_service_is_ended(tmp_path: Path) -> None:
    """SIGTERM is ignored, SIGKILL is not."""
    file, port = adapter(tmp_path, "stubborn")
    code, _, _ = rehearsed(file, port, "--every", "0")
    assert code == 0


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    """In the middle of a rehearsal: what is finished is printed, exit 130, and the shop is gone."""
    file, port = adapter(tmp_path, "perfect")
    process = start("rehearse", str(file), "--json", "--every", "2")
    until = time.monotonic() + 30
    while not listens(port) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert json.loads(out)["interrupted"]
    assert not listens(port)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_even_a_killed_rehearsal_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL of the rehearsal itself ends the shop as well, and its folder is removed."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    file, port = adapter(tmp_path, "perfect")
    process = start("rehearse", str(file), "--every", "2")
    until = time.monotonic() + 30
    while not listens(port) and time.monotonic() < until:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    while (listens(port) or len(list(tmp_path.iterdir())) > 1) and time.monotonic() < until:
        time.sleep(0.05)
    assert not listens(port)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.slow
def test_somebody_is_there_already(tmp_path: Path) -> None:
    """A port that is taken is said before anything starts; so is a provider's port."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        file, _ = adapter(tmp_path, "perfect", port=port)
        code, out, err = ran("rehearse", str(file))
        assert (code, out) == (2, "")
        assert "somebody listens" in err
        file, _ = adapter(tmp_path, "perfect", provider=f"provider: {{port: {port}}}")
        code, out, err = ran("rehearse", str(file))
        assert (code, out, "provider.port: cannot be listened on" in err) == (2, "", True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"service": 'service: {url: "http://192.0.2.1:80"}'}, "--allow-host 192.0.2.1"),
        ({"process": "process: {start: no-such-program-here}"}, "process.start: no-such-program-here: cannot be started"),
        ({"process": "process: {start: \"python 'x\"}"}, "process.start: No closing quotation"),
        ({"process": "process: {start: python, folder: nowhere}"}, "process.folder: there is no folder"),
        ({"process": "process: {start: python, env: {KEY: sk_live_1234}}"}, "8:39: a key for real money (sk_live_…)"),
        ({"settle": "setle: {}"}, "setle: unknown key"),
        ({"settle": "webhooks: {url: \"http://192.0.2.1/\"}"}, "webhooks.url: 192.0.2.1 is not this machine"),
    ],
)  # fmt: skip
def test_an_adapter_that_is_wrong(tmp_path: Path, line: dict[str, str], said: str) -> None:
    """Exit 2, and a sentence that names the place and the remedy."""
    file, _ = adapter(tmp_path, "perfect", **line)
    code, out, err = ran("rehearse", str(file))
    assert (code, out) == (2, "")
    assert said.replace("8:39", err.partition(".yaml:")[2].partition(": a key")[0]) in err


def test_a_live_key_in_the_environment(tmp_path: Path) -> None:
    """The service would inherit it: refused, by its variable's name and not its value."""
    file, _ = adapter(tmp_path, "perfect")
    code, _, err = ran("rehearse", str(file), environment={"STRIPE_API_KEY": "sk_live_0123456789"})
    assert (code, "STRIPE_API_KEY" in err, "0123456789" in err) == (2, True, False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--every", "4"), "--every"), (("--every", "1", "--rush", "5s"), "one of them"), (("--rush", "5"), "--rush: a bare"),
        (("--rush", "2h"), "at most 1h"), (("--rush", "1h", "--rate", "100/s"), "--rate: at most"),
        (("--scenario", "x"), "--rush"),
        (("--out", "page.txt"), ".html"), (("--most", "0"), "--most"),
    ],
)  # fmt: skip
def test_arguments_that_are_wrong(tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    """Unbounded or contradictory wishes are refused before anything starts."""
    file, _ = adapter(tmp_path, "perfect")
    code, out, err = ran("rehearse", str(file), *more)
    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.deep
def test_a_perfect_shop_passes_with_two_mishaps(tmp_path: Path) -> None:
    """Every pair of mishaps; each kind came about, a tap after the time limit included."""
    file, port = adapter(tmp_path, "perfect")
    code, out, err = ran_long("rehearse", str(file), "--json", "--every", "2")
    found = json.loads(out)
    assert (code, found["verdict"]) == (0, "holds"), (found["failing"], err)
    assert found["runs"]["2"] > 60
    assert all(found["reached"].values())
    assert not listens(port)


def ran_long(*arguments: str, within_s: float = 900.0) -> tuple[int, str, str]:
    process = start(*arguments)
    out, err = process.communicate(timeout=within_s)
    return process.returncode, out, err
