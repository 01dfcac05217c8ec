"""Imports and exports: files of other systems become readings in two phases, and leave again.

Reads files with `devices.files`; writes through readings.
"""
