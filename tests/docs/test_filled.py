"""What is read off the code is in the documentation: every command and option, every key, every metric, every window."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

import sim
from sim.architectures import ARCHITECTURES
from sim.cli.app import COMMANDS, app
from sim.config.prices import Prices
from sim.config.schema import design_schema, scenario_schema
from sim.documents.schema import DOCUMENTS, ROWS, results_schema
from sim.failure_windows.matrix import bundled_windows
from sim.ledger.costs import BILL
from sim.vocabulary import METRICS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    """The package docs/filled, as Sphinx's configuration imports it."""
    sys.path.insert(0, str(DOCS))
    try:
        import filled

        yield filled
    finally:
        sys.path.remove(str(DOCS))


def page(generator: ModuleType, name: str) -> str:
    return generator.filled(name, (DOCS / f"{name}.md").read_text(encoding="utf-8"))


def test_every_command_and_option_is_there(generator: ModuleType) -> None:
    """The page of commands has a heading for each, and a row for each option that --help shows."""
    text = page(generator, "reference/cli")
    sections = dict(re.findall(r"^#{2,3} coffee ([a-z ]+)\n(.*?)(?=^#{2,3} |\Z)", text, flags=re.M | re.S))
    group = get_command(app)
    assert set(COMMANDS) <= set(sections)
    for name in COMMANDS:
        for parameter in group.commands[name].params if not hasattr(group.commands[name], "commands") else ():
            if parameter.param_type_name == "option" and not parameter.hidden:
                assert all(f"`{flag}" in sections[name] for flag in parameter.opts), (name, parameter.name)
                assert parameter.help.split()[0] in sections[name]


@pytest.mark.parametrize(
    ("name", "schema"), [("reference/scenario", scenario_schema()), ("reference/design", design_schema(ARCHITECTURES))]
)
def test_every_key_is_there(generator: ModuleType, name: str, schema: dict) -> None:
    """Each mapping of the JSON Schema has a section whose rows are just its keys (objectives are metrics)."""
    text = page(generator, name)
    prefix = name.rpartition("/")[2]
    sections = dict(re.findall(rf"^\({prefix}-([a-z]+)\)=\n### [^\n]+\n(.*?)(?=^\({prefix}-|^## |\Z)", text, flags=re.M | re.S))
    roots = {"Scenario", *(architecture.__name__ for architecture in ARCHITECTURES.values())}
    models = {title: model for title, model in schema["$defs"].items() if "properties" in model and title not in roots}
    assert {title.lower() for title in models} == set(sections)
    for title, model in models.items():
        assert re.findall(r"^\| `([^`]+)` \|", sections[title.lower()], flags=re.M) == list(model["properties"]), title
    for title in roots & set(schema["$defs"]):
        keys = set(schema["$defs"][title]["properties"]) - {"from"}
        assert all(f"| `{key}` |" in text for key in keys), title


def test_defaults_are_those_of_the_architecture(generator: ModuleType) -> None:
    """Where architectures differ, the default of each is told; where they agree, it is told once."""
    text = page(generator, "reference/design")
    assert "| naive: `none`; idempotent: `purchase`; outbox: `purchase`; inquiry: `purchase` |" in text
    assert "| `poll_every` | [duration](#scenario-units), at least 1ms | `500ms` |" in text


def test_every_metric_is_there_with_its_formula(generator: ModuleType) -> None:
    """Name and formula of each; three percentiles share a row."""
    text = page(generator, "reference/metrics")
    assert all(f"`{name}`" in text for name in METRICS)
    assert "`n[charged > 1] / purchases`" in text
    assert "`percentile(ack_lag[good_card], P)`" in text


def test_every_name_of_the_formulas_is_explained(generator: ModuleType) -> None:
    """No formula uses a name that the page does not define."""
    defined = page(generator, "reference/metrics").partition("## The names")[2]
    known = {"n", "max", "sum", "percentile", "never", "correct", "hours_per_month", "mornings_per_month"}
    names = {name for metric in METRICS.values() for name in re.findall(r"[a-z_]+", metric.formula)} - known
    assert {name for name in names if f"`{name}`" not in defined} == set()


def test_every_part_of_the_bill_and_every_price_is_there(generator: ModuleType) -> None:
    """Each part with its formula; each price with its value, its meaning and its source."""
    text = page(generator, "cost")
    shown = text.replace(r"\|", "|")  # as a reader sees it
    assert all(f"| {name} | {part.group} | " in shown and f"`{part.formula}`" in shown for name, part in BILL.items())
    assert all(f"| `{name}` | " in text for name in Prices.model_fields if name != "name")
    assert "| `dispute` | 15 | USD that a dispute costs, beside the amount | Stripe, each dispute received" in text


def test_every_window_has_its_story(generator: ModuleType) -> None:
    """A section each, with the mechanisms that close it."""
    text = page(generator, "failure-windows")
    assert [f"W{number}" for number in re.findall(r"^### W(\d+) ", text, flags=re.M)] == list(bundled_windows())
    assert "Closed by: key per cart, unique insert before the charge, provider key from the order." in text


def test_the_python_page_has_every_function_of_the_package() -> None:
    """Whatever `sim` offers is documented."""
    text = (DOCS / "reference/api.md").read_text(encoding="utf-8")
    wanted = {name for name in sim.__all__ if name != "__version__"}
    assert {name for name in wanted if f".. autofunction:: sim.{name}\n" not in text} == set()


def test_a_page_without_a_place_is_an_error(generator: ModuleType) -> None:
    """A part that would silently get lost is told."""
    with pytest.raises(ValueError, match="expected the comment <!-- filled: metrics --> once"):
        generator.filled("reference/metrics", "# Metrics")


def test_the_scenario_that_is_shown_can_be_read(tmp_path: Path) -> None:
    """The file in the page on scenarios of one's own, with the two measured files it speaks of."""
    from sim.config.library import load_scenario

    text = (DOCS / "own-scenario.md").read_text(encoding="utf-8")
    (scenario,) = re.findall(r"^```yaml\n(.*?)^```$", text, flags=re.M | re.S)
    (arrivals,) = re.findall(r"^```text\n(.*?)^```$", text, flags=re.M | re.S)
    (tmp_path / "rush.yaml").write_text(scenario, encoding="utf-8")
    (tmp_path / "arrivals.csv").write_text(arrivals, encoding="utf-8")
    (tmp_path / "latencies.csv").write_text("seconds\n0.41\n0.52\n", encoding="utf-8")
    read = load_scenario(str(tmp_path / "rush.yaml"))
    assert read.name == "my-morning"
    assert read.traffic.arrivals is not None
    assert len(read.traffic.arrivals.times or ()) == 2


def test_no_page_is_left_out_of_the_menu(generator: ModuleType) -> None:
    """Each page and each notebook is in the home page's table of contents once, placed by hand or after the others."""
    trees = re.findall(r"^```{toctree}\n(.*?)^```$", page(generator, "index"), flags=re.M | re.S)
    entries = [re.sub(r".*<(.*)>", r"\1", line) for tree in trees for line in tree.splitlines() if line and line[0] != ":"]
    pages = [str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md") if path.stem != "index"]
    notebooks = [f"notebooks/{path.stem}" for path in (DOCS / "notebooks").glob("*.ipynb")]
    assert len(notebooks) == 6
    assert sorted(entries) == sorted([*pages, *notebooks])


def test_every_document_and_field_is_there(generator: ModuleType) -> None:
    """Each kind of document and of row is in the table with its commands and files, and has a section with all its fields."""
    text, definitions = page(generator, "reference/results"), results_schema()["$defs"]
    sections = dict(re.findall(r"^\(results-[a-z]+\)=\n### (\w+)\n(.*?)(?=^\(results-|\Z)", text, flags=re.M | re.S))
    assert set(sections) == set(definitions)
    for name, kind in (DOCUMENTS | ROWS).items():
        row = next(line for line in text.splitlines() if line.startswith(f"| [{name}]"))
        assert all(f"`coffee {command}`" in row for command in kind.commands)
        assert all(f"`{file}`" in row for file in kind.files)
        for key in definitions[name].get("properties", ()):
            assert f"| `{key}`" in sections[name], (name, key)
    assert set(re.findall(r"\(#results-([a-z]+)\)", text)) <= {name.lower() for name in sections}
