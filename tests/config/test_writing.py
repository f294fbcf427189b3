"""What has been read can be written again in the units of files, and files made to be edited load as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sim.architectures import ARCHITECTURES, load_design, parse_design
from sim.config.errors import ConfigError
from sim.config.faults import FAULTS
from sim.config.files import write_text
from sim.config.library import FOLDER, digest, find, load_scenario, names, parse_scenario
from sim.config.loader import Document, read_text
from sim.config.template import design_template, scenario_template
from sim.config.writing import flow, written
from sim.config.yamlfile import Source

COMMENTED = re.compile(r"^( *)# (?!#)([a-z_]+: .*)$")  # a knob that waits for its # to be taken away


@pytest.mark.parametrize("name", names())
def test_a_scenario_is_written_as_it_was_read(name: str) -> None:
    """Written back in the units of files, every bundled scenario reads as the same scenario, to the last bit."""
    scenario = load_scenario(name)
    assert digest(parse_scenario(flow(written(scenario)), beside=FOLDER)) == digest(scenario)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_design_is_written_as_it_was_read(name: str) -> None:
    """Written back in the units of files, every design reads as the same design."""
    design = load_design(name)
    assert parse_design(flow({"from": name, **written(design)})) == design


PLAIN = st.recursive(
    st.text(max_size=8).filter(lambda text: text.isprintable()) | st.booleans() | st.none() | st.integers(-(10**9), 10**9),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), children, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), PLAIN, min_size=1, max_size=3))
def test_flow_is_yaml(data: dict[str, object]) -> None:
    """Plain data on one line reads as the same data, with our loader and with any other."""
    assert Source(flow(data), "x.yaml").data == data
    assert yaml.safe_load(flow(data)) == data


def variants(text: str) -> list[tuple[str, str]]:
    """The text with each one of its commented knobs uncommented, and that knob."""
    lines = text.splitlines()
    found = [(i, match) for i, line in enumerate(lines) if (match := COMMENTED.match(line)) and i > lines.index("")]
    return [("\n".join([*lines[:i], match[1] + match[2], *lines[i + 1 :]]), match[2]) for i, match in found]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_design_to_edit(name: str) -> None:
    """A new design's file loads as it stands and with any of its knobs uncommented, and is still the same design."""
    original = load_design(name).model_copy(update={"name": "mine", "summary": ""})
    text = design_template(load_design(name), name="mine", start=("from", name))
    texts = variants(text)
    assert len(texts) > 20
    for variant, knob in [(text, ""), *texts]:
        assert parse_design(variant).model_copy(update={"summary": ""}) == original, knob
    everything = "\n".join(match[1] + match[2] if (match := COMMENTED.match(line)) else line for line in text.splitlines())
    assert parse_design(everything).model_copy(update={"summary": ""}) == original


def test_a_changed_design_to_edit() -> None:
    """A design that differs from its architecture is written with what differs, the rest as comments."""
    design = parse_design("from: outbox\nname: x\nrelay: {batch: 7}\npayment: {breaker: none}\napp: {timeout: 2s}\n")
    text = design_template(design, name="mine", start=("from", "outbox"))
    assert parse_design(text) == design.model_copy(update={"name": "mine", "summary": "outbox, changed"})
    live = [
        line.split("#")[0].strip() for line in text.splitlines() if line.startswith("  ") and not line.strip().startswith("#")
    ]
    assert live == ["timeout: 2s", "breaker: none", "batch: 7"]


def template(name: str, text: str, beside: Path, target: Path) -> str:
    document = Document(text, f"{name}.yaml", beside=beside)
    return scenario_template(document, parse_scenario(text, beside=beside), name="mine", target=target)


@pytest.mark.parametrize("name", names())
def test_a_scenario_to_edit(name: str, tmp_path: Path) -> None:
    """A new scenario's file is the old one under another name; taking the # off all lines below adds nothing twice."""
    path = find(name)
    text = template(name, read_text(path), path.parent, tmp_path / "mine.yaml")
    told = load_scenario(name)
    of_incident = {} if told.reported is None else {"summary": f"{told.name}, changed", "story": "", "reported": None}
    assert digest(parse_scenario(text)) == digest(told.model_copy(update={"name": "mine", **of_incident}))
    head, _, rest = text.partition("# Everything else")
    uncommented = "\n".join(line.removeprefix("# ") for line in rest.splitlines()[4:])
    Source(f"name: x\n{uncommented}", "x.yaml")  # valid YAML, no key twice
    assert next(line for line in head.splitlines() if not line.startswith("#")) == "name: mine"


def test_the_rest_of_a_scenario_is_true() -> None:
    """What a new file's comments say about the keys that it leaves out are their defaults: uncommented, nothing changes."""
    text = template("x", "name: x\n", Path(), Path("mine.yaml"))
    rest = text.partition("# Everything else")[2].splitlines()[4:]
    kept = [line.removeprefix("# ") for line in rest[: next(i for i, line in enumerate(rest) if line.startswith("# faults"))]]
    assert parse_scenario("\n".join(["name: mine", *kept])) == parse_scenario("name: mine")


def test_the_example_faults_and_objectives_load() -> None:
    """The faults and objectives that a new file gives as examples load."""
    text = template("x", "name: x\n", Path(), Path("mine.yaml"))
    rest = text.partition("# Everything else")[2].splitlines()[4:]
    examples = [
        line.removeprefix("# ") for line in rest[next(i for i, line in enumerate(rest) if line.startswith("# faults")) :]
    ]
    read = parse_scenario("\n".join(["name: mine", *examples]))
    assert len(read.faults) == len(FAULTS)
    assert len(read.objectives) > 25


def test_files_that_a_scenario_names_stay_reachable(tmp_path: Path) -> None:
    """A copy in another folder refers to the same CSV files and price table, relative to itself."""
    old, new = tmp_path / "old", tmp_path / "new" / "deep"
    for folder in (old, new):
        folder.mkdir(parents=True)
    (old / "sales.csv").write_text("s\n25000\n", encoding="utf-8")
    (old / "lat.csv").write_text("s\n0.5\n", encoding="utf-8")
    (old / "p.yaml").write_text(read_text(FOLDER / "prices" / "aws-us-east-1.yaml"), encoding="utf-8")
    text = """summary: its name comes last
provider:
  latency:
    empirical: lat.csv   # measured
traffic: {arrivals: {file: 'sales.csv', column: s}}
prices: p.yaml
name: x
"""
    (new / "mine.yaml").write_text(template("x", text, old, new / "mine.yaml"), encoding="utf-8")
    copy = load_scenario(str(new / "mine.yaml"))
    assert copy.provider.latency.samples == (0.5,)
    assert copy.traffic.arrivals is not None
    assert copy.traffic.arrivals.times == (25000,)
    assert copy.traffic.arrivals.file == "../../old/sales.csv"
    assert copy.name == "mine"
    assert "# measured" in (new / "mine.yaml").read_text(encoding="utf-8")


def test_writing_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is there stays unless replacing it is meant; a write that fails leaves the old file and nothing else."""
    path = tmp_path / "x.yaml"
    write_text(path, "one")
    with pytest.raises(ConfigError, match="there is a file of this name"):
        write_text(path, "two")
    write_text(path, "two", replace=True)
    assert path.read_text(encoding="utf-8") == "two"

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ConfigError, match=r"x\.yaml: cannot be written: No space left on device"):
        write_text(path, "three", replace=True)
    assert path.read_text(encoding="utf-8") == "two"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ConfigError, match="there is no folder"):
        write_text(tmp_path / "none" / "x.yaml", "four")
    with pytest.raises(ConfigError, match="a folder, not a file"):
        write_text(tmp_path, "five")
