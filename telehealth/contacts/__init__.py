"""Phone numbers and e-mail addresses of people: several confirmed, one active per kind.

`notifications` asks here where a person can be reached. A contact is never a way to sign in.
"""
