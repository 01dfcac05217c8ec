"""Appointments: services, offered hours, free slots; booking, moving, cancelling, attending.

Used by the patient's and the staff's pages, by `consults` (who may enter which call, and when) and
by `home`. May import the rooms below (`directory`, `mandates`, `inbox`, `identity`, `audit`) and
`core`.
Double booking is impossible because the database refuses it, not because the service looks first.
"""
