"""The site of the documentation: Sphinx, MyST and Furo. Every page is as it is in the repository; only the menu is added."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

from sim.version import VERSION

sys.path.insert(0, str(Path(__file__).parent))

from filled.menu import menu

project = "Coffee please"
version = release = VERSION
extensions = ["myst_nb"]

myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
nb_execution_mode = "off"  # notebooks are shown as they were run
exclude_patterns = ["notebooks/README.md", "notebooks/.ipynb_checkpoints"]

html_theme = "furo"
html_title = f"Coffee please {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_math_renderer = "mathml"


# A link to a notebook, which is a page of the site as well (docs/notebooks leads there).
NOTEBOOK = re.compile(r"\[([^\]]+)\]\([./]*notebooks/(\w+)\.ipynb\)")


def _read(_: Sphinx, page: str, source: list[str]) -> None:
    source[0] = NOTEBOOK.sub(r"{doc}`\1 </notebooks/\2>`", source[0]) + (menu() if page == "index" else "")


def _inline(self: Any, node: nodes.math) -> None:
    """A formula as the browser draws it by itself, without a script from elsewhere."""
    self.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _block(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("source-read", _read)
