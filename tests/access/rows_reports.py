"""Doors of reports."""

ROWS = ()
