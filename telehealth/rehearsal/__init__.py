"""Rehearsals: a scenario played through the real services on a database of its own.

A clinic sees what its rules do; the tests play every hazard. Uses `app`; used by the command line.
"""
