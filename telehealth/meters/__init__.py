"""Meters and sensors of a patient: which there are, how they do, reading one in the browser.

Reads and writes glucose through readings; decodes what a meter sent with `devices`.
"""
