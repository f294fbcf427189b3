from __future__ import annotations

import re
from pathlib import Path

from matplotlib.figure import Figure

from sim import style


def picture() -> Figure:
    made = style.figure(3, 2)
    ax = made.subplots()
    ax.plot([0, 1], [1, 0], "o-", label="a")
    style.heading(made, "A <title>", "a note")
    return made


def test_the_same_chart_is_the_same_file(tmp_path: Path) -> None:
    """Drawn twice, a chart has byte-identical PNG and SVG files."""
    for stem in ("a", "b"):
        style.save(picture(), tmp_path / stem)
    for ending in ("png", "svg"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_the_svg_is_self_contained(tmp_path: Path) -> None:
    """The SVG has no date, no metadata, and addresses only where XML names its vocabularies."""
    text = style.save(picture(), tmp_path / "a")
    assert text == (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "<metadata" not in text
    body = re.sub(r'xmlns(:\w+)?="[^"]*"', "", text[text.index("<svg") :])
    assert "http" not in body


def test_two_inline_charts_share_no_id(tmp_path: Path) -> None:
    """Put into one page, two charts have different ids, and each refers to its own."""
    text = style.save(picture(), tmp_path / "a")
    one, two = style.inline(text, "one", "x"), style.inline(text, "two", "x")
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, own in zip((one, two), ids, strict=True):
        assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)) <= {pair for i in own for pair in ((i, ""), ("", i))}


def test_an_inline_chart_fits_its_place_and_has_a_name(tmp_path: Path) -> None:
    """The prolog is gone, the size is left to the page, and a screen reader is told what it is."""
    svg = style.inline(style.save(picture(), tmp_path / "a"), "one", 'a "label" <&')
    head = svg[: svg.index(">")]
    assert head.startswith('<svg role="img" aria-label="a &quot;label&quot; &lt;&amp;"')
    assert "viewBox" in head
    assert " width=" not in head
    assert " height=" not in head
