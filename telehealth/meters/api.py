"""JSON doors of meters."""

from telehealth.core.web.api import api_blueprint

api = api_blueprint("meters", "Meters and sensors of a patient")
