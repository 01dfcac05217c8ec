"""Arithmetic on glucose values: digits as entered, bands, daily sums, display. No request, no row.

Used by `readings` (validation, classification, daily sums, charts) and `monitoring`. Knows only
`devices.glucose`, where the units and the one conversion constant live.
"""
