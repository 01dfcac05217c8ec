"""People, accounts, sign-in, step-up, sessions and device tokens.

A person may exist without an account: they can have readings, appointments and a proxy all the same.
"""
