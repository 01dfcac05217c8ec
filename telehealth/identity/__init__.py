"""People, accounts, sign-in, step-up, sessions and device tokens.

A person may exist without an account and still have readings, appointments and a proxy.
"""
