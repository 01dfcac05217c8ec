"""Doors of meters."""

ROWS = ()
