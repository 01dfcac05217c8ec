"""JSON doors of diary."""

from telehealth.core.web.api import api_blueprint

api = api_blueprint("diary", "Diary")
