"""Readings: glucose values with their sources, uploads, notes and daily sums; the patient's diary.

Used by `monitoring`, `consults` and `home`. May import the rooms below (audit, identity, mandates,
directory), `core`, `glycemia` and `devices.glucose`.
"""
