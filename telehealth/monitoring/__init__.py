"""Monitoring: what the care team sees of its patients' readings.

Used by nobody but the application; `consults` shows its chart by address. Reads the services of
`readings` and `directory`; owns no table yet.
"""
