"""Doors of the first pages."""

from tests.access.matrix import CHILD, DEVICE, EVERYBODY, PERSONS, PROXY, door

_EVERYBODY = dict.fromkeys(PERSONS, 200)

ROWS = (
    door("home.start", "GET", "/", allow=_EVERYBODY),
    door(
        "home.start", "GET", "/za/{mandate}/", allow={PROXY: 200}, denies={DEVICE: 404}
    ),  # public, so the gate lets a device in; the representation is not its own
    door("home.more", "GET", "/vec", allow=_EVERYBODY, is_audited=False),
    door("home.looked", "GET", "/kdo-je-gledal", allow=_EVERYBODY | {CHILD: 403}),
    door("home.looked", "GET", "/za/{mandate}/kdo-je-gledal", allow={PROXY: 200}),
    door("home.offline", "GET", "/brez-povezave", allow=EVERYBODY, is_audited=False),
    door("home.service_worker", "GET", "/sw.js", allow=EVERYBODY, is_audited=False),
    door("home.manifest", "GET", "/manifest.webmanifest", allow=EVERYBODY, is_audited=False),
)
