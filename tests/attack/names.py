"""Hostile names: what a terminal, a spreadsheet, a browser, a formula or a file system would do something with."""

from __future__ import annotations

CONTROL = (
    "\x00",
    "\x01",
    "\x07",
    "\x08",
    "\x0c",
    "\x1b[31m",
    "\x1b]0;owned\x07",
    "\x1bc",
    "\x7f",
    "\x85",
    "\x9b31m",
    "\x90q\x9c",
)
TURNED = ("\u202egnp.exe", "\u200fabc", "\u200eabc", "\u2066abc\u2069", "\u202dabc\u202c")
CELLS = ("=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", '=HYPERLINK("http://e","x")')
MARKUP = (
    "<script>alert(1)</script>", "</title><script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "'-alert(1)-'", "]]><x>", "<!--", "&lt;script&gt;", "{{7*7}}", "{% raw %}", "[bold red]x[/]", "`id`", "$(id)", "%s%n",
)  # fmt: skip
FORMULAS = ("$math$", "price $5 or $6_{", "\\frac{1}{0}", "$x^2$ or $y_", "50% of $20 #1 & more")
PATHS = ("../x", "../../x", "/proc/x", "a/b", "a\\b", "C:\\x", "CON", ".", "..", "-rf", "~", "x" * 300)
OTHERS = (
    "a\nb", "a\r\nb", "line\u2028break", "\ud800", "a\ud800b", "'quoted'", '"quoted"', "\u2615",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "e\u0301" * 40,
    "\u0430dmin", "\ufeffx", "\u200b", "\u00ad", " ", "\ufffe", "a;b,c\td", "null", "none", "true", "1e999", "NaN",
)  # fmt: skip
NAMES = (*CONTROL, *TURNED, *CELLS, *MARKUP, *FORMULAS, *PATHS, *OTHERS)

C0, C1 = frozenset(map(chr, range(0x20))) - {"\n"}, frozenset(map(chr, range(0x7F, 0xA0)))
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
OBEYED = C0 | C1 | TURNING | {"\u200e", "\u200f"}  # by terminals
HALVES = frozenset(map(chr, range(0xD800, 0xE000)))
UNPRINTABLE = (C0 - {"\t"}) | C1 | TURNING | HALVES | {"\ufffe", "\uffff"}  # refused in a file


def escaped(name: str) -> str:
    """As a YAML file can say it: between double quotes, by the codes of its characters."""
    return '"' + "".join(f"\\U{ord(letter):08x}" for letter in name) + '"'
