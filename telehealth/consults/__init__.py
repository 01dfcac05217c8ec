"""Video consultations: waiting room, signalling between two browsers, notes, the device check.

A consultation belongs to exactly one video appointment and has its id. The rules of a room live in
`video.rooms`; here they are stored, so that any process may serve any connection.
May import `booking` and `readings` (and the rooms below them), never `monitoring`.
"""
