"""A small clinic with a quarter of a year of life in it, made through the services.

Everything is drawn from seeded generators: the same start day gives the same clinic.
"""
