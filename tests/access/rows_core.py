"""Doors of the core: for anybody, about nobody."""

from tests.access.matrix import public

ROWS = (
    public("core.static_file", "/static/x/core/base.css"),
    public("core.healthz", "/healthz"),
    public("core.readyz", "/readyz", status=503),  # nobody works beside these tests
    public("core.readyz_web", "/readyz/web"),
    public("core.problem", "/problems/not-found"),
    public("core.language", "/jezik/en", "POST", 303),
    public("core.theme", "/videz/dark", "POST", 303),
    public("core.openapi", "/api/v1/openapi.json"),
    public("core.docs", "/api/v1/docs"),
)
