"""JSON doors of monitoring."""

from telehealth.core.web.api import api_blueprint

api = api_blueprint("monitoring", "Monitoring")
