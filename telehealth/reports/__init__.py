"""Reports: the glucose profile and everything else that shows a period, on pages and as PDF.

Computes with `glycemia` from readings, beside targets; used by patients and care teams.
"""
