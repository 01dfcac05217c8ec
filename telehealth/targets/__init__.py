"""Targets: what is agreed with one patient, the glucose range, its goals and when to measure.

Used by readings, alerts, reports, monitoring and home; reads identity for names, writes audit.
Versions are only ever added: a report can always say which targets it was read against.
"""
