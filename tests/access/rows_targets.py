"""Doors of targets."""

ROWS = ()
