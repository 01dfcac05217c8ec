"""JSON doors of targets."""

from telehealth.core.web.api import api_blueprint

api = api_blueprint("targets", "Targets")
