"""Consents: the text, who may sign it, the PDF, its seal and its verification.

Pure: no rows, no requests. Only `render`, `seal` and `verify` import heavy libraries.
"""
