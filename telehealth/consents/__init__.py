"""Consents: sending, reading, signing, declining, withdrawing; evidence, seal, verification.

Used by rooms that must know what was granted (`is_granted`) and by `demo` and `cli`. May import the
rooms below (`inbox`, `mandates`, `directory`, `identity`, `audit`), `core` and `surveys.consent`.
A consent is a declaration of will: `policy` decides who may give it, for pages and API alike.
"""
