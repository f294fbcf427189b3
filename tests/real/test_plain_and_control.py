"""The plain dialect over the same ledger, the control endpoint, and `coffee provider` as somebody starts it."""

from __future__ import annotations

import json
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from sim.config.errors import ConfigError
from sim.config.library import parse_scenario
from sim.real.loopback import check_target
from sim.real.provider.fates import Fate, Weather
from sim.real.provider.form import parsed
from sim.real.provider.refusal import Refusal
from sim.real.provider.server import Provider
from tests.cli.coffee import coffee, start
from tests.real.running import provider


@pytest.fixture
def one() -> Iterator[Provider]:
    with provider() as made:
        yield made


def ask(address: str, path: str, data: Any = None, *, method: str = "", **headers: str) -> tuple[int, Any]:
    """Status and body of an answer; status 0: the connection was cut."""
    body = None if data is None else data if isinstance(data, bytes) else json.dumps(data).encode()
    request = urllib.request.Request(address + path, body, headers, method=method or ("GET" if data is None else "POST"))
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if "json" in answer.headers["Content-Type"] else text.decode()
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())
    except (urllib.error.URLError, ConnectionError):
        return 0, None


def test_the_plain_dialect(one: Provider) -> None:
    """Hold, capture a part, give back; void; inquire by reference; the same key is the same answer."""
    wish = {"amount": 650, "card": "pm_coffee_1", "reference": "order-1", "capture": False}
    status, held = ask(one.address, "/plain/charges", wish, **{"Idempotency-Key": "k"})
    assert (status, held["status"]) == (200, "authorised")
    assert ask(one.address, "/plain/charges", wish, **{"Idempotency-Key": "k"})[1]["id"] == held["id"]
    assert ask(one.address, f"/plain/charges/{held['id']}/capture", {"amount": 600})[1]["status"] == "captured"
    assert ask(one.address, f"/plain/charges/{held['id']}/void", {})[0] == 409
    assert ask(one.address, f"/plain/charges/{held['id']}/refund", {})[1]["status"] == "refunded"
    other = ask(one.address, "/plain/charges", wish | {"reference": "order-2"})[1]
    assert ask(one.address, f"/plain/charges/{other['id']}/void", {})[1]["status"] == "voided"
    found = ask(one.address, "/plain/charges?reference=order-1")[1]["data"]
    assert [each["id"] for each in found] == [held["id"]]
    assert ask(one.address, "/plain/charges", {"amount": 5, "card": "pm_coffee_declined_1"})[0] == 402


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 100_000, json.dumps({"amount": True, "card": "x"}).encode()])
def test_rubbish_is_an_error_of_the_caller(one: Provider, body: bytes) -> None:
    """400 with what is wrong, and no call of ours falls over it."""
    status, answer = ask(one.address, "/plain/charges", body)
    assert status in (400, 404)
    assert answer["error"]["message"]


def test_the_script_is_told_by_the_control_endpoint(one: Provider) -> None:
    """What is put there happens: the answer is lost, the ledger has the charge and the call; the text is for people."""
    mishaps = [{"call": 1, "is": "lost"}, {"purchase": 3, "call": 2, "is": "refused"}]
    assert ask(one.address, "/coffee/mishaps", mishaps, method="PUT") == (200, mishaps)
    assert ask(one.address, "/plain/charges", {"amount": 650, "card": "pm_coffee_2"}) == (0, None)
    books = ask(one.address, "/coffee/ledger")[1]
    assert [(each["purchase"], each["amount_captured"]) for each in books["charges"]] == [(2, 650)]
    assert [(each["nth"], each["fate"], each["status"]) for each in books["calls"]] == [(1, "lost", 0)]
    text = ask(one.address, "/coffee/ledger.txt")[1]
    assert "6.50 USD" in text
    assert "/plain/charges (lost)" in text


@pytest.mark.parametrize(
    "wrong",
    [{}, [1], [{"call": 1}], [{"call": 0, "is": "lost"}], [{"call": True, "is": "lost"}], [{"call": 1, "is": "odd"}],
     [{"call": 1, "is": "lost", "at": 2}], [{"call": 1, "is": "lost", "purchase": -1}]],
)  # fmt: skip
def test_a_script_that_is_none(one: Provider, wrong: Any) -> None:
    """400 with what was expected; the script stays what it was."""
    status, answer = ask(one.address, "/coffee/mishaps", wrong, method="PUT")
    assert status == 400
    assert "expected" in answer["error"]
    assert ask(one.address, "/coffee/mishaps") == (200, [])


def test_control_is_for_this_machine(one: Provider) -> None:
    """A page in a browser that reaches us by another name is told nothing."""
    assert ask(one.address, "/coffee/ledger", Host="evil.example")[0] == 403


def test_nested_forms() -> None:
    """Brackets are mappings, counted or empty ones are lists; what contradicts itself or never ends is refused."""
    assert parsed("a=1&m[k]=v&m[x]=y&e[]=p&e[]=q&i[0][id]=z&empty=") == {
        "a": "1", "m": {"k": "v", "x": "y"}, "e": ["p", "q"], "i": [{"id": "z"}], "empty": "",
    }  # fmt: skip
    for wrong in (
        "a=1&a[b]=2",
        "a[b]=2&a=1",
        "a[=1",
        "[a]=1",
        "a" + "[b]" * 20 + "=1",
        "&k=1" * 2000,
    ):
        with pytest.raises(Refusal):
            parsed(wrong)


def test_the_provider_of_a_scenario() -> None:
    """Shares are drawn as the scenario says: over 2,000 purchases each within five standard deviations; brownouts take over."""
    world = parse_scenario(
        "name: w\nclock: {start: '07:00', duration: 1h}\nprovider: {failed: 10%, ambiguous: 20%, errored: 5%, declined: 10%}\n"
        "faults: [{outage: provider, at: '07:30', for: 10min}]\n"
    )
    fates, number = Weather(world, 3), 2000
    kinds = [fates.of(purchase, 1, 0.0).kind for purchase in range(number)]
    shares = {"refused": 0.1, "broke": 0.05, "declined": 0.85 * 0.1, "lost": 0.2 * 0.9}
    for kind, share in shares.items():
        assert abs(kinds.count(kind) / number - share) < 5 * (share * (1 - share) / number) ** 0.5  # type: ignore[arg-type]
    assert fates.of(1, 1, 1900.0) == Fate("refused", 0.05)
    assert fates.of(5, 2, 0.0) == Weather(world, 3).of(5, 2, 0.0)


@pytest.mark.parametrize(
    ("url", "match"),
    [("http://192.0.2.1/x", "192.0.2.1 is not this machine"),
     ("ftp://127.0.0.1", "expected an address"), ("http://", "expected"),
     ("http://a:b@127.0.0.1/", "password"), ("http://127.0.0.1:99999/", "not an address"), ("127.0.0.1:80", "expected")],
)  # fmt: skip
def test_whom_nobody_may_talk_to(url: str, match: str) -> None:
    """Addresses that are not this machine's are refused with the option that lets them; so is what is no address."""
    with pytest.raises(ConfigError, match=match):
        check_target("service.url", url, [])
    assert check_target("service.url", "http://192.0.2.1:8000/x", ["192.0.2.1"]).port == 8000
    assert check_target("service.url", "http://localhost:8000", []).hostname == "localhost"


def test_coffee_provider_serves_until_ctrl_c() -> None:
    """It says where it is, serves there, and Ctrl-C ends it with 130."""
    process = start("provider", "--port", "0")
    try:
        assert process.stderr is not None
        address = process.stderr.readline().split()[-1]
        assert ask(address, "/coffee/ledger")[1]["charges"] == []
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.communicate()


def test_coffee_provider_refuses() -> None:
    """A port that is taken, a preset or scenario that there isn't, webhooks that go elsewhere: a sentence, and exit 2."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = coffee("provider", "--port", str(other.getsockname()[1]))
    assert (taken.exit_code, "cannot be listened on" in taken.stderr) == (2, True)
    for arguments, said in (
        (("--preset", "stripe"), "--preset: no such preset"), (("--scenario", "outbox"), "that is a design"),
        (("--webhooks", "http://192.0.2.1/"), "--allow-host"), (("--late", "3"), "--late: a bare number"),
        (("--port", "70000"), "--port"),
    ):  # fmt: skip
        result = coffee("provider", *arguments)
        assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize("line", [("provider",), ("rehearse", "shop.yaml")])
def test_without_the_extra(line: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence that says how to get what is missing, and exit 2; everything else works without it."""
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    result = coffee(*line)
    assert result.exit_code == 2
    assert "needs aiohttp, which is not installed: `make extras`" in result.stderr
    assert coffee("schema", "service").exit_code == 0
