"""JSON doors of reports."""

from telehealth.core.web.api import api_blueprint

api = api_blueprint("reports", "Reports")
