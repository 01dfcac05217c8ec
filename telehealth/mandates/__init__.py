"""Who may act for whom: guardians, mandates, health-care proxies; until when, revoked when.

`actor_of` is the one place where a sign-in becomes an actor; every door asks it on every request.
"""
