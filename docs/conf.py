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
    "page_width": "1180px",
    "body_max_width": "none",
    "font_family": "system-ui, sans-serif",
    "fixed_sidebar": True,
}
html_static_path = ["_static"]
html_css_files = ["paper.css"]
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
