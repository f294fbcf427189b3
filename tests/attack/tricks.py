"""What YAML allows, and no scenario needs: each trick is refused, or means what it says."""

from __future__ import annotations

from tests.attack.harness import ANSWERED, REFUSED

Trick = tuple[str | bytes, tuple[int, ...]]  # the file's content, and the exit codes of `coffee lint` on it

BEGIN = "name: x\n"


def bomb(levels: int) -> str:
    """A billion laughs: each level is ten times the one before."""
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, levels)]
    return BEGIN + "\n".join(lines) + "\n"


def nested(begin: str, end: str, levels: int) -> str:
    return f"{BEGIN}story: {begin * levels}{end * levels}\n"


TAGS = (
    "!!python/object/apply:os.system [id]", "!!python/name:os.system", "!!python/module:os", "!!python/tuple [1, 2]",
    "!!binary aGVsbG8=", "!!set {a, b}", "!!omap [a: 1]", "!!timestamp 2024-01-01", "!!null x", "!!int no", "!!float x",
    "!!bool maybe", "!!merge x", "!mine x", "!<tag:yaml.org,2002:python/none> x", "!!js/function x", "! [a]",
    "!!pairs [a: 1]", "!!python/object/new:type [x]", "!!value =",
)  # fmt: skip
KEYS = (
    "? [a, b]\n: 1", "? {a: b}\n: 1", "? |\n  name\n: 1", "[a]: 1", "{a: b}: 1", "~: 1", "true: 1", "7: 1", "1.5: 1", '"": 1',
    "'name ': 1", '"na\\0me": 1', "&a name: y", "*a : 1", "<<: 1", "<<: [1]", "<<: [[a]]", "<<: {zebra: 1}", "Name: y",
    "NAME: y", "n\u0430me: y", "name\u200b: y", "\uff4eame: y", "name\u0301: y", "-name: y", "name.first: y", "__class__: y",
    "model_config: {}", "_read: 1", "(read from the file): [1]",
)  # fmt: skip
HANDS = (
    "", " ", "\n\n", "# only a comment\n", "---\n", "--- \n...\n", "null\n", "~\n", "x\n", "7\n", "- a\n", "[]\n",
    "'name: x'\n",
    "|\n  name: x\n", "{", "}", "[", "]", ":", "- ", "? ", "%YAML 9.9\n---\nname: x\n", "%TAG ! tag:x:\n", "@name: x\n",
    "`name`: x\n", "name: x\n  y: z\n", "name: [x\n", "name: 'x\n", 'name: "x\n', "name: *x\n", "name: &x\n", "name: x: y\n",
    "name:x\n", "\tname: x\n", "name: x\n\tclock: {}\n", "name: x\nname: y\n",
)  # fmt: skip
BYTES = (
    b"\xff\xfe" + "name: x\n".encode("utf-16-le"), b"\xfe\xff" + "name: x\n".encode("utf-16-be"),
    "name: x\n".encode("utf-32"), b"name: \xff\n", b"name: \xc0\xaf\n", b"name: \xed\xa0\x80\n", b"name: caf\xe9\n",
    b"\x1f\x8b\x08\x00" + bytes(range(256)), b"PK\x03\x04" + bytes(60), b"\x7fELF" + bytes(60), b"\x00" * 100,
    b"SQLite format 3\x00" + bytes(100), b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n",
)  # fmt: skip
LARGE: tuple[str, ...] = (
    bomb(9), bomb(30), BEGIN + "story: &a [*a]\n", BEGIN + "clock: &a {start: *a}\n", nested("[", "]", 41),
    nested("[", "]", 100_000), nested("{a: ", "}", 60), nested("[", "", 20_000), nested("- ", "", 3000),
    BEGIN + "story: " + "x" * 10_000_000 + "\n", BEGIN + "#" * 17_000_000, BEGIN + "\n" * 1_100_000,
    BEGIN + "".join(f"k{number}: 1\n" for number in range(19_000)), BEGIN + f"{'k' * 100_000}: 1\n",
    BEGIN + f"clock: {{{', '.join(f'k{number}: 1' for number in range(600))}}}\n",
    BEGIN + f"faults: [{', '.join(['x'] * 30_000)}]\n", BEGIN + "customers: {max_submissions: " + "9" * 5000 + "}\n",
    BEGIN + "customers: {max_submissions: " + "9" * 90 + "}\n", BEGIN + "objectives: {ack_latency_p95: " + "9" * 90 + "}\n",
    BEGIN + "prices: {dispute: " + "9" * 400 + ".5}\n", BEGIN + "".join(f"a{n}: &a{n} 1\n" for n in range(700)),
)  # fmt: skip
MEANT: tuple[str | bytes, ...] = (
    b"\xef\xbb\xbfname: x\n", "name: x\r\nclock: {start: '07:00'}\r\n", "name: x\rclock: {start: '07:00'}\r", "---\nname: x\n",
    "name: x\n...\n", "{name: x}", '{"name": "x", "clock": {"start": "07:00"}}', "name: 'a: b'\n", "name: no\n",
    "name: |\n  x\n", "name: &a x\nsummary: *a\n", "clock: &c {start: '07:00'}\nname: x\n", "%YAML 1.1\n---\nname: x\n",
    "name: \u2615\n", "name: '=1+1'\n", "name: x # comment\n", "? name\n: x\n", "name: !!str x\n",
    "name: x\nstory: >-\n  a\n  b\n",
    "name: x\nclock: {<<: {start: '07:00'}, duration: 1h}\n", "name: x\nfaults: []\n", "name: x\nobjectives: {}\n",
)  # fmt: skip


def tricks() -> list[Trick]:
    refused: list[str | bytes] = [f"{BEGIN}summary: {tag}\n" for tag in TAGS]
    refused += [f"{BEGIN}{key}\n" for key in KEYS]
    refused += [*HANDS, *BYTES, *LARGE]
    return [(content, REFUSED) for content in refused] + [(content, ANSWERED) for content in MEANT]
