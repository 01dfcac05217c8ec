"""Doors of alerts."""

ROWS = ()
