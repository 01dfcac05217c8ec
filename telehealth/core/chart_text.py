"""What people gave as text, as a chart may show it."""


def plain_text(text: str) -> str:
    """Text as Plotly shows it letter by letter: no markup, no entity, no `%{template}`."""
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("%{", "%&#123;")):
        text = text.replace(char, entity)
    return text


def says(unit: str, band: str, source: str, value: str | None = None) -> dict[str, str | None]:
    """What the line below a chart says of a point besides its number and its moment."""
    return {"value": value, "unit": unit, "band": band, "source": source}
