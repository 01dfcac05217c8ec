"""Targets: what is agreed with one patient, the glucose range, its goals and when to measure.

Used by readings, reports, monitoring and home; knows audit, mandates and directory through actors only.
"""
