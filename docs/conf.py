"""Build the site of this folder with Sphinx: `make docs`.

The source folder is the checkout, not this folder. So links from a page to code, to results and to
other pages are the same on the site, on GitHub and in an editor, and the build checks them all.
"""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))

project = "noisescape"
copyright = "noisescape contributors"
release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "generated"]
root_doc = "docs/index"
include_patterns = [
    "docs/**.md",
    "analysis/*.md",
    "analysis/*/README.md",
    "benchmarks/RESULTS.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "DESIGN.md",
]
# Sphinx walks every folder that is not excluded, and a virtual environment is large.
exclude_patterns = ["docs/_build"] + [
    path.name
    for path in ROOT.iterdir()
    if path.is_dir() and path.name not in ("docs", "analysis", "benchmarks")
]

highlight_language = "text"
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_use_rtype = False
napoleon_use_ivar = True
napoleon_custom_sections = [("Class attributes", "params_style")]
# Docstrings put code into single backticks, as Markdown does.
default_role = "code"

html_theme = "furo"
html_title = f"noisescape {release}"
html_show_sourcelink = False
html_copy_source = False
