"""Diary: what a patient writes down, glucose beside meals, insulin, activity and how it was.

Owns the pages of the diary; glucose values themselves are rows of readings.
"""
