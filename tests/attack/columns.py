"""CSV files that are no column of seconds."""

from __future__ import annotations

from tests.attack.harness import ANSWERED, REFUSED

CELLS = (  # in the one column of a file, after a good one
    "x", "", " ", "nan", "NaN", "inf", "-inf", "1e999", "-1", "-0.5", "1,5", "0x10", "1_0", "'5'", "5 s", "5s", "12:30", "5;6",
    "$5", "5%", "=5", "\uff11", "\u0663", "\u00bd", "5\u00a0000", "5.5.5", "1e", "e5", "--5", "true", "null", "none", "N/A",
    '"5', '"5"6', '""',
    "5\t6", "5\x00", "\u2212" "5",
)  # fmt: skip
FILES: tuple[str | bytes, ...] = (
    "", "\n", "seconds\n", "seconds", "# only\n# comments\n", "1\n2\n", "25201\n25202\n", "seconds\n1,2\n",
    "seconds,other\n1,2\n",
    "seconds\n1\n1,2\n", 'seconds\n"1\n2\n', 'seconds\n"1\n2"\n', "seconds,seconds\n1,2\n", "seconds;other\n1;2\n", ";\n1\n",
    "seconds\n0,45\n0,61\n0,38\n", "seconds\tother\n1\t2\n", "seconds\n" + "x\n" * 10_000, "seconds\n" + "9" * 10_000 + "\n",
    "seconds\n" + '"' * 10_000 + "\n", "s" * 200_000 + "\nx\n", ",".join(map(str, range(5000))) + "\nx\n", "\x00" * 1000,
    b"\x1f\x8b\x08\x00" + bytes(range(256)), b"PK\x03\x04" + bytes(100), b"seconds\n\xff\xfe\n",
    "seconds\n1\n".encode("utf-16"),
    b"seconds\ncaf\xe9\n", b"Arrow1\0\0" + bytes(100), "<html><table><tr><td>1</td></tr></table></html>", '{"seconds": [1, 2]}',
    "root:x:0:0:root:/root:/bin/sh\n" * 3,
)  # fmt: skip
MEANT: tuple[str | bytes, ...] = (  # within the clock of the scenario, which opens at seven
    "seconds\n25201\n25202\n", b"\xef\xbb\xbfseconds\n25201\n", "seconds\r\n25201\r\n", "seconds\r25201\r25202",
    "# said so\nseconds\n25201\n",
    'seconds\n"25201"\n', "seconds\n 25201 \n", "seconds\n2.5201e4\n", "seconds\n25201\n\n\n25202\n", "seconds\n25202\n25201\n",
    '"seconds"\n25201\n', "seconds of the day\n25201\n", "=1+1\n25201\n", "seconds\n25201\n25201\n",
    "seconds\n" + "25201\n" * 20_000,
)  # fmt: skip


def columns() -> list[tuple[str | bytes, tuple[int, ...]]]:
    """A file's content, and the exit codes that it deserves."""
    refused = [*(f"seconds\n25201\n{cell}\n" for cell in CELLS if cell.strip()), *FILES]
    return [(content, REFUSED) for content in refused] + [(content, ANSWERED) for content in MEANT]
