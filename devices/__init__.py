"""Meters: from the bytes a glucose meter sends to a reading the server keeps.

Runs on the patient's computer too, so it imports neither the web application nor a
database server's library. `glucose` is the shared vocabulary; `gatt` reads bytes, `meaning`
says what a record is, `session` talks to one meter, `sync` is the only door to the radio,
`queue` keeps every record until `upload` has delivered it, `cli` is the command `glucometer`.
`files` reads exports of other systems.
"""
