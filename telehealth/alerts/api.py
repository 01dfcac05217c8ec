"""JSON doors of alerts."""

from telehealth.core.web.api import api_blueprint

api = api_blueprint("alerts", "Alerts")
