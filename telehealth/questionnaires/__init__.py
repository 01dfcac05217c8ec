"""Questionnaires: sent to a patient, answered, scored; what the answers raise for the care team.

What a form means lives in `surveys`; here are its rows, rights and pages. Uses the rooms below
(inbox, mandates, directory, identity, audit); its neighbours hear of it by the outbox.
"""
