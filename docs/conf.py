"""How the documentation is built: Markdown in, HTML out, nothing fetched."""

project = "Telehealth"
project_copyright = "the authors of Telehealth, Apache-2.0"
extensions = ["myst_parser"]
exclude_patterns = ["_build", "pictures"]
root_doc = "index"
source_suffix = {".md": "markdown"}
language = "en"

myst_heading_anchors = 3

html_theme = "alabaster"
html_theme_options = {
    "description": "Readings, video consultations and a health inbox",
    "page_width": "1080px",
    "font_family": "system-ui, sans-serif",
    "fixed_sidebar": True,
}
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
