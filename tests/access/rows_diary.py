"""Doors of diary."""

ROWS = ()
