"""JSON doors of imports."""

from telehealth.core.web.api import api_blueprint

api = api_blueprint("imports", "Imports and exports")
