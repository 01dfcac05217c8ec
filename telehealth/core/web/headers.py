"""Security headers on every answer, errors and static files included."""

import secrets

from flask import Response, g, request

from telehealth.core.web.platform import platform

_NO_STORE = "no-store"


def csp_nonce() -> str:
    """The nonce of this answer, for the import map and Plotly's style element."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _policy() -> str:
    nonce = f"'nonce-{csp_nonce()}'"
    host = request.host
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {nonce}",
        "style-src": f"'self' {nonce}",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": f"'self' ws://{host} wss://{host}",
        "media-src": "'self' blob:",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def protect(response: Response) -> Response:
    """Set the headers; what a view set itself stays."""
    headers = response.headers
    if request.path.startswith("/api/") and not request.path.startswith("/api/v1/docs"):
        headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    else:
        headers.setdefault("Content-Security-Policy", _policy())
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault(
        "Permissions-Policy",
        "camera=(self), microphone=(self), bluetooth=(self), display-capture=(self),"
        " geolocation=()",
    )
    headers.setdefault("Cache-Control", _NO_STORE)
    if platform().settings.secure_cookies:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if "request_id" in g:
        headers.setdefault("X-Request-Id", g.request_id)
    return response
