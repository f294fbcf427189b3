"""The documentation's site: Sphinx, MyST Markdown and Furo. What can be read off the code is filled in when it is built."""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

from sim import __version__

sys.path.insert(0, str(Path(__file__).parent))

from filled import filled

project = "Coffee please"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

myst_heading_anchors = 3

default_role = "code"  # docstrings write `name` as Markdown does
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
toc_object_entries_show_parents = "hide"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80

html_theme = "furo"
html_title = f"Coffee please {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False


def _fill(_: Sphinx, page: str, source: list[str]) -> None:
    source[0] = filled(page, source[0])


def setup(app: Sphinx) -> None:
    app.connect("source-read", _fill)
