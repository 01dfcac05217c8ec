"""Measurements: ratios side by side in one run, never a pass or a fail."""
