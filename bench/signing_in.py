"""How long signing in takes, beside the password digest alone: the rest is ours."""

from collections.abc import Sequence

from argon2 import PasswordHasher

from bench.ground import Ground
from bench.table import Line, paired_ratio, seconds, spread
from tests import make

ROUNDS = 12


def run(ground: Ground) -> Sequence[Line]:
    """Sign in over the API, interleaved with a bare argon2 verification of the same strength."""
    hasher = PasswordHasher()
    stored = hasher.hash(make.PASSWORD)
    with ground.database.unit_of_work() as session:
        owner = make.person(session)
        account = make.account(session, owner)
        account.password_hash = stored
        login = account.login
    client = ground.app.test_client()

    def enter() -> None:
        answer = client.post("/api/v1/sessions", json={"login": login, "password": make.PASSWORD})
        if answer.status_code != 201:  # noqa: PLR2004 - created
            raise RuntimeError(answer.text)

    enter()
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(seconds(enter))
        bare.append(seconds(lambda: hasher.verify(stored, make.PASSWORD)))
    ratio = paired_ratio(ours, bare)
    return [
        Line(
            f"sign-in, {ground.name}",
            spread(ours),
            f"argon2 alone: {spread(bare)}; ratio {ratio:.2f}",
        )
    ]
