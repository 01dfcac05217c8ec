"""Who did what, for whom, on what basis and with what outcome: append-only, chained per person.

Everybody above the core writes here; only `home` and the command line read it for people.
"""
