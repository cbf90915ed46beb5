"""Sphinx: pages in Markdown, a reference made of the code, pictures drawn by real runs.

Nothing is fetched, neither to build nor to look at what was built.
"""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from shoal.charts.theme import DARK, LIGHT, Theme

project = "shoal"
author = "the authors of shoal"
release = version = version_of("shoal")
html_title = "shoal"
copyright = ""
language = "en"

extensions = ["myst_parser", "sphinx_copybutton", "sphinx_design", "shoaldocs"]
exclude_patterns = ["_ext", "_drawn", "_static"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
default_role = "shoalname"
nitpicky = True
add_module_names = False
toc_object_entries_show_parents = "hide"
maximum_signature_line_length = 80
python_use_unqualified_type_names = True
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
myst_update_mathjax = False
copybutton_exclude = ".linenos, .gp, .go"
copybutton_prompt_text = ">>> "
copybutton_only_copy_prompt_lines = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["shoal.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # they are fetched, which a browser refuses to files
html_show_copyright = False
html_logo = "_static/shoal.svg"
html_favicon = "_static/shoal.svg"
pygments_style = "tango"
pygments_dark_style = "github-dark"


def colours(theme: Theme) -> dict[str, str]:
    """Return the colours of the charts under the names of furo."""
    side = "#f6f7f9" if theme is LIGHT else "#111419"
    return {
        "color-brand-primary": theme.low,
        "color-brand-content": theme.low,
        "color-brand-visited": theme.low,
        "color-foreground-primary": theme.text,
        "color-foreground-secondary": theme.quiet,
        "color-foreground-muted": theme.quiet,
        "color-background-primary": theme.background,
        "color-background-secondary": side,
        "color-background-border": theme.grid,
        "color-problematic": theme.high,
        "color-api-name": theme.low,
        "color-api-pre-name": theme.quiet,
        "color-api-background": side,
        "color-inline-code-background": side,
        "color-code-background": side,
        "color-sidebar-link-text": theme.text,
        "color-sidebar-link-text--top-level": theme.text,
        "color-sidebar-caption-text": theme.quiet,
        "shoal-high": theme.high,
        "shoal-grid": theme.grid,
    }


html_theme_options = {
    "light_css_variables": colours(LIGHT),
    "dark_css_variables": colours(DARK),
    "footer_icons": [],
}
