"""How Sphinx makes the site: `make docs`."""

from __future__ import annotations

from importlib.metadata import version as installed
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "parzen"
author = "The parzen founders"
release = version = installed("parzen")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
exclude_patterns = ["pictures"]

html_theme = "furo"
html_title = f"parzen {release}"
html_copy_source = False

myst_heading_anchors = 3  # so that links to headings work here as they do on GitHub
smartquotes = False  # --trust is an option, not a dash
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_type_aliases = {"Plain": "Plain", "Params": "Params"}
python_use_unqualified_type_names = True


SPARED = "\ue000"
"""Stands for the colon of an attribute's first line while napoleon looks at it."""


def spare_colon(
    _app: Sphinx, what: str, _name: str, _obj: object, _options: object, lines: list[str]
) -> None:
    """Keep napoleon from taking what stands before a colon for the attribute's type."""
    if what in ("attribute", "data", "property") and lines:
        lines[0] = lines[0].replace(": ", f"{SPARED} ")


def restore_colon(
    _app: Sphinx, _what: str, _name: str, _obj: object, _options: object, lines: list[str]
) -> None:
    """Put it back."""
    lines[:] = [line.replace(SPARED, ":") for line in lines]


def leave_constructors(
    _app: Sphinx,
    what: str,
    name: str,
    _obj: object,
    _options: object,
    signature: str | None,
    _returns: str | None,
) -> tuple[str, None] | None:
    """Show no constructor of what readers are given and never make."""
    made = name.startswith("parzen.client.") and not name.endswith((".StudyHandle", ".Client"))
    settings = name.endswith((".Limits", ".Requires", ".Retries"))
    return None if what != "class" or made or settings or not signature else ("", None)


def replace_hyphens(_app: Sphinx, page: nodes.document) -> None:
    """Put a colon after a parameter where docutils would have two hyphens made a dash."""
    for text in list(page.findall(nodes.Text)):
        if text == " -- " and text.parent is not None:
            text.parent.replace(text, nodes.Text(": "))


def setup(app: Sphinx) -> None:
    """Connect them; napoleon itself has priority 500."""
    app.connect("autodoc-process-docstring", spare_colon, priority=400)
    app.connect("autodoc-process-docstring", restore_colon, priority=600)
    app.connect("autodoc-process-signature", leave_constructors)
    app.connect("doctree-read", replace_hyphens)
