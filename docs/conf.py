"""Settings of the documentation site, which ``python -m sphinx -W -c docs . docs/_build/html`` builds.

The root is the source directory, so that README.md and the pages in docs/ link to each other on the site as they do in
the repository. What the site needs beyond Sphinx's own means is in docs/_site/.
"""

from __future__ import annotations

import sys
from pathlib import Path

from chainrule import __version__

sys.path.insert(0, str(Path(__file__).parent / "_site"))

project = "chainrule"
author = "The chainrule developers"
copyright = f"{author}. Apache License 2.0"
version = release = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "code_blocks",
    "contents",
    "explorer_pages",
    "mathml",
    "source_pages",
]

root_doc = "docs/index"
include_patterns = ["README*.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**.md", "docs/**.ipynb"]
exclude_patterns = [".*", "*venv*", "build", "dist", "docs/_*", "benchmarks", "examples", "src", "tests"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # the tests run the notebook and compare what it shows

autodoc_typehints = "none"
napoleon_use_rtype = False
napoleon_google_docstring = False
add_module_names = False

html_theme = "furo"
html_title = f"chainrule {release}"
html_static_path = ["_site/static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # a summary is read from its page by request, which a page opened from disk may not do
html_additional_pages = {"index": "redirect.html"}
templates_path = ["_site/templates"]

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
