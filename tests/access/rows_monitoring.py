"""Doors of monitoring: doctors and nurses, each with the patients of their own."""

from tests.access.matrix import DOCTOR, NURSE, OTHER_DOCTOR, door

_TEAM = {DOCTOR: 200, NURSE: 200}

ROWS = (
    door("monitoring.patients", "GET", "/pacienti", allow=_TEAM | {OTHER_DOCTOR: 200}),
    door("monitoring.patient", "GET", "/pacienti/{owner}", allow=_TEAM),
    door("monitoring.chart", "GET", "/pacienti/{owner}/graf", allow=_TEAM),
    door("monitoring.figure", "GET", "/pacienti/{owner}/graf.json", allow=_TEAM),
)
