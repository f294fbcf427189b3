"""Progress survives whatever happens, and a file that can't be read is a clear error."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.config.errors import ConfigError
from sim.kata.attempt import attempt, begin, predictions
from sim.kata.check import Graded
from sim.kata.checking import checked
from sim.kata.exercises import FIRST
from sim.kata.helping import harmed, hinted
from sim.kata.moves import moved
from sim.kata.progress import FILE, PAUSE_S, load, save
from sim.kata.written import Written, changes, undo, written
from tests.kata.designs import PASSES

START = FIRST.start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    begin(tmp_path / "mine", FIRST, now=1000.0)
    return tmp_path / "mine"


def test_a_run_is_kept_as_it_was(folder: Path) -> None:
    """What is read again is what was written, infinite values included."""
    progress = load(folder)
    made = attempt(folder, progress, predicted={"double_charge_rate": "same"}, now=1010.0, clock=lambda: 1012.0)
    assert math.inf in {value for morning in made.run.mornings for value in morning.values()}
    again = load(folder)
    assert again.runs[0].model_dump(exclude={"mornings"}) == made.run.model_dump(exclude={"mornings"})
    for kept, seen in zip(again.runs[0].mornings, made.run.mornings, strict=True):
        assert {name: repr(value) for name, value in kept.items()} == {name: repr(float(value)) for name, value in seen.items()}
    assert again.predicted == {}


def test_of_two_runs_at_once_the_second_is_refused(folder: Path) -> None:
    """None is lost without a word, and none is compared with what was not there when it began."""
    mine, theirs = load(folder), load(folder)
    attempt(folder, theirs, predicted={}, now=1010.0, clock=lambda: 1012.0)
    with pytest.raises(ConfigError, match="kept something here meanwhile"):
        attempt(folder, mine, predicted={}, now=1011.0, clock=lambda: 1013.0)
    assert len(load(folder).runs) == 1


def test_a_change_that_does_nothing_changes_nothing(folder: Path) -> None:
    """The same mornings: paired with itself, a design moves no metric."""
    progress = load(folder)
    attempt(folder, progress, predicted={}, now=1010.0, clock=lambda: 1012.0)
    every = predictions([f"{metric}=better" for metric in FIRST.metrics], FIRST, "")
    made = attempt(folder, progress, predicted=every, now=1020.0, clock=lambda: 1022.0)
    assert set(made.run.moved.values()) == {"same"}
    assert made.run.changes == []
    assert made.run.worse == []


def test_an_interrupted_run_loses_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during a run keeps the earlier runs, the time and the prediction."""
    progress = load(folder)
    attempt(folder, progress, predicted={}, now=1010.0, clock=lambda: 1012.0)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.kata.attempt.compare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        attempt(folder, load(folder), predicted={"ack_latency_p95": "better"}, now=1020.0, clock=lambda: 1022.0)
    again = load(folder)
    assert len(again.runs) == 1
    assert again.predicted == {"ack_latency_p95": "better"}
    assert again.spent_s == 20.0


def test_a_broken_design_leaves_the_progress_alone(folder: Path) -> None:
    """An error in design.yaml names its line, and nothing is written."""
    before = (folder / FILE).read_text()
    (folder / "design.yaml").write_text("from: naive\napp: {keys: none}\n")
    with pytest.raises(ConfigError, match=r"design\.yaml:2:7: app\.keys: unknown key; did you mean \"key\"\?"):
        attempt(folder, load(folder), predicted={}, now=1010.0, clock=lambda: 1012.0)
    assert (folder / FILE).read_text() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "broken, it is not valid JSON"),
        ("[]", "broken, the whole"),
        ('{"kata": 1, "steps": []}', "broken, world: Field required"),
        ('{"kata": 1, "world": "x", "steps": ["soon"]}', "broken, steps.0"),
        ('{"kata": 99}', "written by a newer version"),
        ('{"kata": 1, "world": "x", "steps": [], "gold": 1}', "broken, gold"),
        ('{"kata": 2, "exercise": "third", "world": "x", "steps": []}', "broken, exercise: Value error, no such exercise"),
    ],
)
def test_a_progress_file_that_cannot_be_read_is_a_clear_error(folder: Path, content: str, says: str) -> None:
    """It names the file, what is wrong, and how to go on."""
    (folder / FILE).write_text(content)
    with pytest.raises(ConfigError) as error:
        load(folder)
    assert str(folder / FILE) in str(error.value)
    assert says in str(error.value)
    assert "begins anew" in str(error.value)


def test_a_folder_without_a_kata_says_how_to_begin(tmp_path: Path) -> None:
    """No progress file is not an empty one."""
    with pytest.raises(ConfigError, match="no kata has been started here; coffee kata start"):
        load(tmp_path)


def test_starting_twice_is_refused_and_a_design_is_kept(tmp_path: Path) -> None:
    """Nothing of the learner's is overwritten."""
    (tmp_path / "design.yaml").write_text("from: outbox\n")
    begin(tmp_path, FIRST, now=0.0)
    assert (tmp_path / "design.yaml").read_text() == "from: outbox\n"
    with pytest.raises(ConfigError, match="a kata is under way here"):
        begin(tmp_path, FIRST, now=1.0)


def test_pauses_are_no_time_spent(folder: Path) -> None:
    """A night between two sittings does not count."""
    progress = load(folder)
    progress.steps = [0.0, 60.0, 60.0 + PAUSE_S + 1, 120.0 + PAUSE_S + 1]
    save(folder, progress)
    assert load(folder).spent_s == 120.0
    assert load(folder).spent_until_s(61.0) == 60.0


def test_a_full_disk_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The progress is replaced whole or not at all."""
    before = json.loads((folder / FILE).read_text())

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", full)
    with pytest.raises(ConfigError, match="cannot be written: No space left on device"):
        save(folder, load(folder).model_copy(update={"steps": [1.0]}))
    assert json.loads((folder / FILE).read_text()) == before
    assert sorted(path.name for path in folder.iterdir()) == [FILE, "brief.md", "design.yaml"]


def test_changes_are_told_by_their_keys() -> None:
    """Sections are opened, mappings that are one value are not."""
    now = START.replace("key: none", "key: purchase").replace("attempts: 4", "attempts: 2") + "recovery: {grace: 30s}\n"
    assert changes(Written(START), Written(now)) == [
        "app.retry: {fixed: {delay: 500ms, attempts: 4}} → {fixed: {delay: 500ms, attempts: 2}}",
        "app.key: none → purchase",
        "recovery.grace: not given → 30s",
    ]


def test_predictions_are_about_an_objective() -> None:
    """A word alone is about the stage's leading one; others are refused with the nearest."""
    assert predictions(["better"], FIRST, "ack_latency_p95") == {"ack_latency_p95": "better"}
    with pytest.raises(ConfigError, match='did you mean "cost_per_1000"'):
        predictions(["cost_per_100=better"], FIRST, "")
    with pytest.raises(ConfigError, match="expected better, worse or same"):
        predictions(["faster"], FIRST, "ack_latency_p95")


def test_a_check_keeps_the_design_that_was_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if the file is edited while the check runs."""
    progress = begin(tmp_path, FIRST, now=0.0)
    before = (tmp_path / "design.yaml").read_text()

    def edited_meanwhile(*_: object, **__: object) -> Graded:
        (tmp_path / "design.yaml").write_text("from: outbox\n")
        return Graded(FIRST, [False] * 5, [[] for _ in range(5)], "")

    monkeypatch.setattr("sim.kata.checking.check", edited_meanwhile)
    checked(tmp_path, progress, FIRST, seed=None, now=1.0)
    assert load(tmp_path).checks[0].design == before


def test_a_difference_of_no_weight_is_the_same() -> None:
    """Certainly less than a hundredth of what it was; a wide interval around nothing is not clear, and a rate from 0 counts."""
    was = np.array([0.50, 0.52, 0.51])
    assert moved("infra_cost_per_1000", was, was + np.array([0.0010, 0.0011, 0.0012])) == "same"
    assert moved("infra_cost_per_1000", was, was + np.array([0.010, 0.011, 0.012])) == "worse"
    assert moved("infra_cost_per_1000", was, was + np.array([-0.1, 0.1, 0.0])) == "not clear"
    assert moved("double_charge_rate", np.zeros(3), np.array([0.0010, 0.0011, 0.0012])) == "worse"


def test_an_architecture_of_ones_own_is_part_of_what_is_tried(folder: Path) -> None:
    """A change of the Python file alone is a change, and is taken back; so is a design.yaml that was lost."""
    (folder / "design.yaml").write_text("architecture: mine.py\n")
    (folder / "mine.py").write_text("first = 1\n")
    first = written(folder)
    (folder / "mine.py").write_text("second = 2\n")
    second = written(folder)
    assert changes(first, first) == []
    assert changes(first, second) == ["mine.py: rewritten"]
    (folder / "design.yaml").unlink()
    assert undo(folder, [first, second])
    assert written(folder) == second
    assert undo(folder, [first, second])
    assert written(folder) == first
    assert not undo(folder, [first])


@pytest.mark.slow
def test_what_was_taken_back_is_compared_with_what_it_goes_back_to(folder: Path) -> None:
    """After a detour, one more change is one change against the run before the detour; otherwise the last run counts."""
    progress = load(folder)
    for now, (old, new) in enumerate([("", ""), ("workers: 64", "workers: 200"), ("timeout: 8s", "timeout: 4s")]):
        (folder / "design.yaml").write_text(START.replace(old, new, 1))
        attempt(folder, progress, predicted={}, now=float(now), clock=lambda now=now: now + 0.5)
    assert [(run.against, run.changes) for run in progress.runs] == [
        (None, []),
        (1, ["checkout.workers: 64 → 200"]),
        (1, ["app.timeout: 8s → 4s"]),
    ]


@pytest.mark.slow
def test_after_a_failed_check_hints_are_of_its_mornings(folder: Path) -> None:
    """What passes the mornings that are seen and not the check has a hint and a harmed customer all the same."""
    (folder / "design.yaml").write_text(f"{PASSES}loyalty: {{inbox: {{window: 60s}}}}\n")
    progress = load(folder)
    attempt(folder, progress, predicted={}, now=1.0, clock=lambda: 2.0)
    assert hinted(folder, progress, strength=None, now=3.0).stage is None
    assert harmed(folder, progress, now=4.0) is None
    assert not all(checked(folder, progress, FIRST, seed=None, now=5.0).passed)
    given = hinted(folder, progress, strength=2, now=6.0)
    assert given.stage == 4
    assert given.text.startswith("Of the check's mornings (other mornings): ")
    assert "must be longer than anything" in given.text
    story = harmed(folder, progress, now=7.0)
    assert story is not None
    assert "more loyalty points than were earned" in story.sentence


@pytest.mark.slow
def test_a_hint_after_a_run_is_what_the_run_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is simulated for it."""
    progress = load(folder)
    before = hinted(folder, progress, strength=3, now=1.0)
    attempt(folder, progress, predicted={}, now=2.0, clock=lambda: 3.0)
    monkeypatch.delattr("sim.kata.helping.simulated")
    assert hinted(folder, progress, strength=3, now=4.0) == before


@pytest.mark.parametrize("name", ["../victim.py", "{parent}/victim.py", "link/victim.py"])
def test_a_folder_that_somebody_handed_in_writes_nowhere_else(tmp_path: Path, name: str) -> None:
    """What was kept may name any file and hold any code: it is neither written nor read outside of the folder."""
    folder = tmp_path / "kata"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    (tmp_path / "victim.py").write_text("mine")
    design = f"architecture: {name.format(parent=tmp_path)}:X\n"
    with pytest.raises(ConfigError, match=r"victim\.py is not in this folder; copy it into the folder"):
        undo(folder, [Written(design, "print('owned')")])
    assert (tmp_path / "victim.py").read_text() == "mine"
    (folder / "design.yaml").write_text(design)
    with pytest.raises(ConfigError, match=r"victim\.py is not in this folder"):
        written(folder)


@pytest.mark.parametrize(
    "change",
    [{"steps": [9e99]}, {"steps": [-1]}, {"runs": [{"passed": []}]}, {"runs": [{"against": 99}]}, {"runs": [{"against": 0}]},
     {"world": "\ud800"},
     {"checks": [{"at": 1.0, "design": "", "score": 100, "passed": [], "reasons": []}]},
     {"runs": [{"mornings": []}]}],
)  # fmt: skip
def test_progress_that_was_edited(tmp_path: Path, change: dict[str, Any]) -> None:
    """It is said to be broken, with the way out, before anything relies on it."""
    run = {"at": 1.0, "design": "from: naive\n", "changes": [], "predicted": {}, "moved": {}, "mornings": [{"x": 1.0}],
           "statuses": {}, "passed": [False] * 5, "finding": "", "worse": []}  # fmt: skip
    runs = [{**run, **part} for part in change.get("runs", [])]
    (tmp_path / ".kata.json").write_text(json.dumps({"world": "w", "steps": [1.0], **change, "runs": runs}))
    with pytest.raises(ConfigError, match=r"\.kata\.json: broken, .*move the file away, and `coffee kata start` begins anew"):
        load(tmp_path)
