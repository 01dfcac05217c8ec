"""How a report looks: charts as plain Plotly dicts, SVG for paper, figures in words."""
