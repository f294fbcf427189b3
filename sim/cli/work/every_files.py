"""What `coffee every --out` writes: the certificate; or the scenario that breaks the design, its story and its picture."""

from __future__ import annotations

import shlex
from pathlib import Path

from sim.cli.messages import note
from sim.cli.work.console import console
from sim.config.library import parse_scenario
from sim.counterexamples.combinations import Every, as_yaml
from sim.counterexamples.runs import SEED
from sim.documents.every import document
from sim.explanation import story
from sim.explanation.story import Explanation
from sim.report.files import files_of
from sim.report.folder import check_replaceable
from sim.report.story import FILES, closing, write_story

CERTIFICATE, COUNTEREXAMPLE = "certificate.json", "counterexample.yaml"
OURS = FILES | {CERTIFICATE, COUNTEREXAMPLE}


def check(folder: Path) -> None:
    """Before any work: they can be written there. Raises ConfigError."""
    check_replaceable(folder, ours=OURS.__contains__)


def write(found: Every, folder: Path, design: str, command: str, *, as_json: bool) -> None:
    """Write them, and print what would have prevented the harm."""
    if found.found is None:
        with files_of(folder, ours=OURS.__contains__) as files:
            files.json(CERTIFICATE, document(found))
        file = folder / CERTIFICATE
        note(f"written to {file}; to check it: {shlex.join(['coffee', 'every', design, '--verify', str(file)])}")
        return
    text = as_yaml(found, [f"Found by: {command}"])
    explanation = story.explain(parse_scenario(text), found.design, seed=SEED)
    assert isinstance(explanation, Explanation), "what breaks a promise harms somebody"
    write_story(explanation, folder, command=command, beside={COUNTEREXAMPLE: text}, ours=OURS.__contains__)
    if not as_json:
        for line in ("", explanation.sentence, *closing(explanation)):
            console().print(line)
    note(f"written to {folder}: {COUNTEREXAMPLE}, story.txt, sequence.svg")
