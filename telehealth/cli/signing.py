"""`consent`: look at a sealed document without the application, its database or a network."""

import os
from pathlib import Path

import click

from telehealth.cli.root import Operator, answering, root
from telehealth.consents.gateways.checking import MAX_BYTES, Verdict, check
from telehealth.consents.gateways.sealing import DEVELOPMENT, Trusted, trusted
from telehealth.core import clock

_WORDS = {
    "valid": "valid: sealed by us and unchanged",
    "altered": "altered: this is not the document that was sealed",
    "unknown": "unknown: no seal of ours that could be believed",
}
_LATER = "Whether the consent still holds is not in the file: it may have been withdrawn since."


@root.group()
def consent() -> None:
    """Signed consents."""


@consent.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--trust",
    "root_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificate of the root to believe (PEM); default: this installation's own.",
)
@click.option(
    "--data",
    default=".demo",
    envvar="TELEHEALTH_DATA_DIR",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder of the installation whose root is believed.",
)
@answering
def verify_consent(operator: Operator, *, file: Path, root_path: Path | None, data: Path) -> None:
    """Say whether FILE is valid, altered or unknown; exit code 0 only for valid."""
    trust = _trust(operator, root_path or _own_root(data))
    verdict = _verdict(file, trust)
    answer: dict[str, object] = {
        "state": verdict.state,
        "reasons": list(verdict.reasons),
        "sha256": verdict.sha256,
        "level": verdict.level,
        "signed_at": verdict.signed_at or None,
        "revisions": verdict.revisions,
    }
    sentence = _WORDS[verdict.state]
    if verdict.reasons:
        sentence += f" ({', '.join(verdict.reasons)})"
    if verdict.state != "valid":
        operator.fail(sentence, verdict.state, **answer)
    seal = f"Sealed {verdict.signed_at}, level {verdict.level}, SHA-256 {verdict.sha256}."
    operator.say(f"{sentence}\n{seal}\n{_LATER}", **answer)


def _verdict(file: Path, trust: Trusted) -> Verdict:
    with file.open("rb") as opened:
        return check(opened.read(MAX_BYTES + 1), trust, now=clock.real())


def _own_root(data: Path) -> Path:
    own = os.environ.get("TELEHEALTH_SEAL_FOLDER", "")
    return (Path(own) if own else data / DEVELOPMENT) / "root.pem"


def _trust(operator: Operator, path: Path) -> Trusted:
    try:
        return trusted(path)
    except (OSError, ValueError):
        operator.fail(
            f"There is no root certificate at {path}. Name one with --trust, or the installation's"
            " data folder with --data.",
            "no_trust",
        )
        raise  # never reached: `fail` ends the process
