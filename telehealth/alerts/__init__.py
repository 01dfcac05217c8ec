"""Alerts: rules per patient, their persisted state, whom they reach and who has answered.

Reads readings; tells people through notifications. Not an emergency service.
"""
