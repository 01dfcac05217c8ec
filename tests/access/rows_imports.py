"""Doors of imports."""

ROWS = ()
