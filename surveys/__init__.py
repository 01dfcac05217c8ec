"""Forms as data: questionnaires, scores, consent documents and their seals.

Used by `telehealth.questionnaires` and `telehealth.consents`. Imports neither Flask nor
SQLAlchemy nor the sibling libraries.
"""
