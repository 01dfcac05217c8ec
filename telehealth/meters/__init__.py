"""Meters and sensors of a patient: which there are, how they do, connecting one in the browser.

Reads and writes through readings; decodes with `devices.gatt`.
"""
