"""The page in a real browser: it plays, it answers, it asks nobody else, and everybody can use it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.experiment.compare import compare
from sim.experiment.effort import Effort
from sim.vocabulary import HARMS, METRICS
from sim.words import estimate
from tests.page.conftest import STORM
from tests.page.served import Looked, chromium, served
from tests.processes import ends

pytestmark = pytest.mark.slow
MORNINGS = "3"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "storm.yaml").write_text(STORM, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    with served(place, "storm.yaml", "naive", "outbox", "-n", MORNINGS) as (found, _):
        yield found


@pytest.fixture
def look(browser: Any, address: str) -> Iterator[Looked]:
    """The page, opened; nothing may have gone wrong in it, and nobody else was asked."""
    looked = Looked(browser).open(address)
    yield looked
    looked.context.close()
    assert looked.wrong == []
    assert {url.startswith(address) for url in looked.asked} == {True}


def text_of(metric: str, *designs: str, mornings: int = int(MORNINGS)) -> list[str]:
    """What a comparison on the command line says of a metric."""
    results = compare("storm.yaml", designs, Effort(mornings, jobs=1)).results.values()
    return [estimate(result.metrics[metric], METRICS[metric].unit) for result in results]


def processes(parent: int) -> list[int]:
    """All that a process has begun, and what they have."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                ppid = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if ppid == parent:
                found += [int(entry.name), *processes(int(entry.name))]
    return found


def test_a_morning_plays_at_once(look: Looked) -> None:
    """Without a click, from just before the brownout at 07:02; and pauses and goes on by the space bar."""
    clock = look.page.locator("#clock")
    first = clock.inner_text()
    assert first.startswith("07:0")
    look.page.wait_for_function("before => document.getElementById('clock').innerText !== before", arg=first)
    look.page.keyboard.press("Space")
    look.page.wait_for_timeout(200)
    still = clock.inner_text()
    look.page.wait_for_timeout(500)
    assert clock.inner_text() == still
    look.page.keyboard.press(".")
    look.page.wait_for_function("before => document.getElementById('clock').innerText !== before", arg=still)


def test_numbers_are_those_of_the_command_that_it_names(look: Looked, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line gives the same intervals, and the jars hold as many as it counts on that morning."""
    monkeypatch.chdir(place)
    for metric in ("double_charge_rate", "ack_latency_p95"):
        assert look.metric(metric) == text_of(metric, "naive", "outbox")
    one = compare("storm.yaml", ["naive", "outbox"], Effort(1, jobs=1))
    for jar, result in zip(look.at_end(), one.results.values(), strict=True):
        for kind, metric in HARMS.items():
            if METRICS[metric].label and kind != "unconverged":
                expected = round((result.metrics[metric].mean or 0.0) * result.purchases)
                assert jar.get(METRICS[metric].label, 0) == expected, metric
    look.page.get_by_role("button", name="Share, save").click()
    assert f"coffee compare storm.yaml naive outbox --mornings {MORNINGS} --seed 0" in look.page.locator(".drawer").inner_text()


def test_switches_and_knobs_change_what_happens(look: Looked, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key off on the right, the brownout off, and a knob of one part; each is in the address, and judged."""
    monkeypatch.chdir(place)
    look.page.get_by_role("switch", name="Same key for every try").nth(1).click()
    look.settled()
    assert "right.app.key=none" in look.fragment()
    assert look.page.locator("td small .mark").first.inner_text()
    look.page.get_by_role("switch", name="The provider goes slow").click()
    look.settled()
    assert "faults[0].for=0s" in look.fragment()
    look.page.locator(".side").nth(0).locator("[data-part=app]").click()
    field = look.page.get_by_role("textbox", name="app.timeout")
    field.fill("3s")
    field.press("Enter")
    field.blur()
    look.settled()
    assert "left.app.timeout=3s" in look.fragment()
    look.page.get_by_role("button", name="Close").click()
    look.page.get_by_role("button", name="Share, save").click()
    look.page.get_by_role("button", name="Every value as its file has it").click()
    look.settled()
    assert look.metric("double_charge_rate") == text_of("double_charge_rate", "naive", "outbox")


def test_of_twenty_quick_turns_only_the_last_counts(browser: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its numbers are shown, and what simulated the others has ended."""
    monkeypatch.chdir(place)
    with served(place, "storm.yaml", "naive", "outbox", "-n", MORNINGS) as (address, server):
        looked = Looked(browser).open(address)
        idle = len(processes(server.pid))
        looked.page.locator(".side").nth(1).locator("[data-part=app]").click()
        field = looked.page.get_by_role("textbox", name="app.timeout")
        for tenths in range(20):
            field.fill(f"{20 + tenths}00ms")
            field.press("Tab")
            looked.page.wait_for_timeout(40)
        looked.page.wait_for_function("() => location.hash.includes('3900ms')")
        looked.settled()
        (place / "turned.yaml").write_text("{from: outbox, app: {timeout: 3900ms}}", encoding="utf-8")
        assert looked.metric("ack_latency_p95") == text_of("ack_latency_p95", "naive", "turned.yaml")
        assert looked.wrong == []
        assert len(processes(server.pid)) <= idle + 1
        looked.context.close()


def test_a_link_restores_everything(browser: Any, address: str) -> None:
    """Designs, keys of one side and of both, seed, time and customer; and says that its numbers may differ if they may."""
    looked = Looked(browser).open(
        address + "#/storm.yaml/outbox+naive?app.timeout=4s&left.app.key=none&seed=3&at=07:03:30&digest=0000000000000000"
    )
    page = looked.page
    assert page.get_by_role("combobox", name="left design").input_value() == "outbox"
    assert page.get_by_role("combobox", name="right design").input_value() == "naive"
    assert page.get_by_role("switch", name="Same key for every try").first.get_attribute("aria-checked") == "false"
    assert page.locator("#clock").inner_text() >= "07:03:30"
    assert "its numbers may differ" in page.locator(".notice").inner_text()
    assert "seed=3" in looked.fragment()
    page.goto(address + "#/storm.yaml/naive+outbox?purchase=3")
    page.locator(".told ol").nth(1).wait_for()  # one of each side
    assert "Customer 3" in page.locator(".chosen").inner_text()
    looked.context.close()


@pytest.mark.parametrize(
    ("fragment", "says"),
    [
        ("#/storm.yaml/naive+outbox?app.timeuot=3s", 'app.timeuot: unknown key; did you mean "app.timeout"?'),
        ("#/storm.yaml/naive+outbux", 'unknown design "outbux"; did you mean "outbox"?'),
        ("#/storm.yaml/naive+outbox?checkout.workers=99999999999999999999", "checkout.workers"),
        ("#/..%2Fx.yaml/naive+outbox", "the page opens only files of the folder"),
        ("#/storm.yaml/naive+outbox?app.timeout=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "app.timeout"),
    ],
)
def test_a_wrong_link_says_what_the_command_line_says(browser: Any, address: str, fragment: str, says: str) -> None:
    """As text, whatever is in it."""
    looked = Looked(browser)
    looked.page.goto(address + fragment)
    looked.page.get_by_role("alert").wait_for()
    assert says in looked.page.get_by_role("alert").inner_text()
    assert looked.page.locator("img").count() == 0
    assert looked.wrong == []
    looked.context.close()


def test_the_keyboard_alone_suffices(look: Looked) -> None:
    """Arrows go from part to part, Enter opens, Escape closes and goes back; a fault moves, and opens."""
    page = look.page
    page.locator(".side").nth(0).locator("[data-part=app]").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.part") == "checkout"
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="checkout of naive").wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert page.evaluate("document.activeElement.dataset.part") == "checkout"
    page.locator(".block").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => decodeURIComponent(location.hash).includes('faults[0].at=07:03')")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("() => decodeURIComponent(location.hash).includes('faults[0].for=4min')")
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="A fault").wait_for()
    page.keyboard.press("Escape")
    look.settled()


def test_a_fault_is_dragged_added_and_removed(look: Looked) -> None:
    """With the mouse; the address says where it is."""
    page = look.page
    block = page.locator(".block").first
    block.scroll_into_view_if_needed()
    box = block.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 8, steps=6)
    page.mouse.up()
    page.wait_for_function("() => location.hash.includes('.at=07:03')")
    look.settled()
    page.locator(".faults select").select_option("outage")
    page.wait_for_function("() => document.querySelectorAll('.block').length === 2")
    look.settled()
    page.locator(".block").nth(1).focus()
    page.keyboard.press("Delete")
    page.wait_for_function("() => document.querySelectorAll('.block').length === 1")
    look.settled()


def test_every_customer_of_the_jar_has_a_story(look: Looked) -> None:
    """Told on both sides, step by step; and back to everybody."""
    look.at_end()
    page = look.page
    page.locator(".jar").first.get_by_role("button", name="charged twice").click()
    page.locator(".people button").first.click()
    page.locator(".told ol").nth(1).wait_for()
    assert "was charged twice" in page.locator(".told h3").first.inner_text()
    page.get_by_role("button", name="Next step").first.click()
    page.get_by_role("button", name="Next step").first.click()
    assert page.locator(".told li.here").count() == 1
    assert "step 2" in page.locator(".steps").first.inner_text()
    page.keyboard.press("Escape")
    page.locator(".jar").first.wait_for()


def test_those_who_want_no_motion_get_none(browser: Any, address: str) -> None:
    """It starts paused, and plays when asked."""
    looked = Looked(browser, reduced_motion="reduce").open(address)
    still = looked.page.locator("#clock").inner_text()
    looked.page.wait_for_timeout(600)
    assert looked.page.locator("#clock").inner_text() == still
    looked.page.get_by_role("button", name="Play").click()
    looked.page.wait_for_function("before => document.getElementById('clock').innerText !== before", arg=still)
    looked.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768, 375, 320])
def test_axe_finds_nothing_and_nothing_sticks_out(browser: Any, address: str, width: int, scheme: str) -> None:
    """On every width, light and dark, the first screen, an opened part and the drawers."""
    axe = pytest.importorskip("axe_playwright_python")
    script = next(Path(axe.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
    size = {"width": width, "height": 800}
    looked = Looked(browser, viewport=size, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True).open(address)
    page = looked.page

    def findings() -> list[str]:
        page.evaluate(script)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")
        return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert findings() == []
    page.locator(".side").nth(0).locator("[data-part=checkout]").click()
    page.get_by_role("dialog", name="checkout of naive").wait_for()
    assert findings() == []
    page.keyboard.press("Escape")
    for name in ("The world", "Share, save"):
        page.get_by_role("button", name=name).click()
        page.get_by_role("dialog").wait_for()
        assert findings() == []
        page.keyboard.press("Escape")
    looked.context.close()


def test_a_window_that_narrows_and_turns_dark_is_drawn_anew(look: Looked) -> None:
    """While it is open: the faults stay below their times, nothing sticks out, and the chart has the colours of the dark."""
    page = look.page
    look.settled()
    left = """() => [".blocks", ".lane", ".u-over"].map((one) => document.querySelector(one).getBoundingClientRect())
        .map((box) => [box.left, box.width].map(Math.round).join(" "))"""
    assert len(set(page.evaluate(left))) == 1
    page.set_viewport_size({"width": 375, "height": 800})
    page.wait_for_function("() => document.querySelector('.u-over').getBoundingClientRect().width < 375")
    assert len(set(page.evaluate(left))) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    pixels = "(one) => document.querySelector(one).toDataURL()"
    light = page.evaluate(pixels, ".chart canvas")
    page.wait_for_timeout(300)
    assert page.evaluate(pixels, ".chart canvas") == light  # nothing but the colours changes it
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(300)
    assert page.evaluate(pixels, ".chart canvas") != light


def test_two_tabs_do_not_disturb_each_other(browser: Any, address: str) -> None:
    """What is turned in one is not turned in the other."""
    one, other = Looked(browser).open(address), Looked(browser).open(address)
    one.page.get_by_role("switch", name="The provider goes slow").click()
    one.settled()
    other.page.reload()
    other.settled()
    assert other.page.get_by_role("switch", name="The provider goes slow").get_attribute("aria-checked") == "true"
    assert one.metric("double_charge_rate") != other.metric("double_charge_rate")
    for looked in (one, other):
        looked.context.close()


def test_a_server_that_dies_is_told(browser: Any, place: Path) -> None:
    """On the page, as soon as something is asked of it; and all its processes end with it."""
    with served(place, "storm.yaml", "-n", MORNINGS) as (address, server):
        looked = Looked(browser).open(address)
        begun = processes(server.pid)
        server.kill()
        server.wait(30)
        looked.page.get_by_role("switch", name="The provider goes slow").click()
        looked.page.get_by_role("alert").wait_for()
        assert "The server has ended" in looked.page.get_by_role("alert").inner_text()
        assert ends(*begun)
        looked.context.close()


def test_hostile_names_are_shown_as_text(browser: Any, place: Path) -> None:
    """Markup, marks that turn the direction, and quotes, in a scenario and a design."""
    name = '<img src=x onerror=alert(1)>"\u200f'
    hostile = STORM.replace("name: storm", f"name: '{name}'").replace(
        "summary: Six", "summary: '<b>Six</b>'\nstory: '<script>x</script>' #"
    )
    (place / "hostile.yaml").write_text(hostile, encoding="utf-8")
    (place / "bad.yaml").write_text("{from: naive, name: '<svg onload=alert(2)>'}", encoding="utf-8")
    with served(place, "hostile.yaml", "bad.yaml", "-n", MORNINGS) as (address, _):
        looked = Looked(browser).open(address)
        assert looked.page.locator("img, main b b").count() == 0
        assert "<svg onload=alert(2)>" in looked.page.locator(".numbers thead").inner_text()
        assert "<b>Six</b>" in looked.page.locator("footer").inner_text()
        looked.page.get_by_role("button", name="The world").click()
        assert "<script>x</script>" in looked.page.locator(".drawer").inner_text()
        assert looked.wrong == []
        looked.context.close()


def test_a_playback_plays_without_a_network(browser: Any, place: Path) -> None:
    """Opened as a file; to the end, with the same counts, and a story; no request but for the file itself."""
    program = [sys.executable, "-c", "from sim.cli import main; main()", "play", "storm.yaml", "naive", "outbox", "-n", "2"]
    subprocess.run([*program, "--out", "storm.html"], cwd=place, check=True, capture_output=True)
    file = (place / "storm.html").as_uri()
    looked = Looked(browser, offline=True).open(file)
    twice = looked.at_end()[0]["charged twice"]
    assert twice > 0
    looked.page.locator(".jar").first.get_by_role("button", name="charged twice").click()
    looked.page.locator(".people button").first.click()
    assert re.search(r"was charged (twice|\d times)\.", looked.page.locator(".told h3").first.inner_text())
    assert looked.asked == [file]
    assert looked.wrong == []
    looked.context.close()


def test_the_second_exercise_and_what_else_happens_in_its_world(browser: Any, place: Path) -> None:
    """Its title and stages; below the jar the agents, renewals, gift cards and dead letters of the morning that plays."""
    with served(place, "--page", "--exercise", "second", command="kata") as (address, _):
        looked = Looked(browser).open(address)
        page = looked.page
        page.get_by_role("button", name="Run five mornings").click()
        page.get_by_role("heading", name="Run 1").wait_for()
        assert page.locator(".kata h2").inner_text() == "The kata's second morning · stage 1 of 3"
        looked.at_end()
        said = " ".join(page.locator(".facts").inner_text().split())
        for what in (
            "60 due",
            "that buy for people",
            "taken for an order",
            "orders that found too little",
            "laid aside in all",
        ):
            assert what in said
        assert looked.wrong == []
        looked.context.close()


def test_the_kata_from_the_brief_to_100_of_100(browser: Any, place: Path) -> None:
    """On the page alone: run, predict, change on the diagram, run, a hint, a harmed customer, the check, the debrief.

    What is typed in an editor meanwhile shows.
    """
    with served(place, "--page", command="kata") as (address, _):
        looked = Looked(browser).open(address)
        page = looked.page
        assert "You have joined the team" in page.locator(".kata").inner_text()
        page.get_by_role("button", name="Run five mornings").click()
        page.get_by_role("heading", name="Run 1").wait_for()
        page.get_by_role("button", name="Hint").click()
        page.locator(".hint").wait_for()
        turn(page, lambda: page.get_by_role("combobox", name="architecture").select_option("outbox"), "from: outbox", place)
        for part, knob, value in (
            ("app", "app.key", "purchase"),
            ("checkout", "checkout.workers", "8"),
            ("read_model", "read_model.cache", "0s"),
            ("loyalty", "loyalty.inbox", "{window: 7d}"),
        ):
            page.locator(f"[data-part={part}]").click()
            field = page.locator(f"#knob-{knob.replace('.', '-')}")
            turn(page, lambda field=field, value=value: fill(field, value), value, place)
            page.keyboard.press("Escape")
        page.get_by_label("better").check()
        page.locator("textarea").fill("naive takes every request for a new order")
        page.get_by_role("button", name="Run five mornings").click()
        page.get_by_role("heading", name="Run 2").wait_for()
        assert "it went better: right" in page.locator(".last").inner_text()
        looked.settled()
        assert page.locator(".side .verdict").inner_text() == "○ met so far"
        assert "Check tries the design on mornings that you haven’t seen" in page.locator(".kata").inner_text()
        page.get_by_role("button", name="Check", exact=True).click()
        page.get_by_role("heading", name="points, on mornings").wait_for()
        assert "100 of 100 points" in page.locator(".check").inner_text()
        assert "coffee kata --exercise second --page" in page.locator(".check").inner_text()
        page.get_by_role("button", name="Debrief").click()
        page.get_by_role("link", name="Open the debrief").wait_for()
        with looked.context.expect_page() as opened:
            page.get_by_role("link", name="Open the debrief").click()
        assert "100 of 100 points" in opened.value.locator("body").inner_text()
        design = place / "kata" / "design.yaml"
        design.write_text(design.read_text(encoding="utf-8").replace("name: my-checkout", "name: renamed"), encoding="utf-8")
        page.get_by_role("heading", name="renamed, from").wait_for()
        assert looked.wrong == []
        looked.context.close()


def fill(field: Any, value: str) -> None:
    """Whether it is a text or a list of words."""
    if field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)
        field.press("Tab")


def turn(page: Any, act: Any, written: str, place: Path) -> None:
    """Do something that writes into design.yaml, and wait until it stands there and on the page."""
    act()
    design = place / "kata" / "design.yaml"
    for _ in range(600):
        if written in design.read_text(encoding="utf-8"):
            break
        page.wait_for_timeout(100)
    else:
        raise AssertionError(f"{written} is not in {design.read_text(encoding='utf-8')}")
    page.locator("main[aria-busy=false]").wait_for()
    page.wait_for_timeout(300)
