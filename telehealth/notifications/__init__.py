"""One event, one notice per recipient, deliveries by e-mail; never with health content.

Rooms above say that something waits for a person; who is told is decided when the notice is sent.
"""
