"""What survives: two clicks at once, a worker that dies half-way, somebody at the database."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Barrier, Thread

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from surveys.consent.seal import development_sealer
from telehealth.app import create_app
from telehealth.cli import root
from telehealth.consents import service as consents
from telehealth.consents.gateways.blobs import FolderOfBlobs, MemoryBlobs, blobs_of
from telehealth.consents.gateways.sealing import choose, open_seal
from telehealth.consents.jobs import seal
from telehealth.consents.models import ConsentRecord, ConsentRequest, EvidenceEvent, State
from telehealth.core.db import Database
from telehealth.core.errors import NotFound, Unavailable
from telehealth.core.web.platform import Platform
from telehealth.inbox.models import InboxItem, ItemKind
from telehealth.settings import Settings
from tests import make
from tests.conftest import FixedClock
from tests.make import consents as made
from tests.make.consents import NOW

_THREADS = 6


def _platform(settings: Settings, database: Database, folder: Path) -> Platform:
    own = replace(settings, data_dir=folder)
    found: Platform = create_app(own, database, FixedClock(NOW)).extensions["telehealth"]
    return found


def test_many_clicks_at_once_give_one_record_one_file_and_a_whole_chain(
    fresh_db: Database, settings: Settings, tmp_path: Path
) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        asked = made.request(session, make.doctor(session, [ana]), ana)
        row = made.preparation(session, made.as_self(ana), asked)
    signing = consents.Signing(asked.id, row.h0, row.nonce)
    together = Barrier(_THREADS)
    got: list[int] = []

    def click() -> None:
        together.wait()
        with fresh_db.unit_of_work() as session:
            got.append(consents.sign(session, made.as_self(ana), signing, now=NOW).id)

    threads = [Thread(target=click) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    platform = _platform(settings, fresh_db, tmp_path)
    platform.queue.drain()

    assert len(got) == _THREADS
    assert len(set(got)) == 1
    with fresh_db.reading() as session:
        assert session.scalar(select(func.count()).select_from(ConsentRecord)) == 1
        assert consents.is_whole(session, session.get_one(ConsentRequest, asked.id))
        kinds = session.scalars(select(EvidenceEvent.kind).order_by(EvidenceEvent.seq)).all()
    assert kinds == ["offered", "viewed", "prepared", "signed", "sealed"]
    assert len(list((tmp_path / "consents").glob("*.pdf"))) == 1


def test_a_worker_killed_between_file_and_row_leaves_one_file_too_many_and_no_second_record(
    fresh_db: Database, settings: Settings, tmp_path: Path
) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        asked = made.request(session, make.doctor(session, [ana]), ana)
        record = made.signature(session, made.as_self(ana), asked)
    platform = _platform(settings, fresh_db, tmp_path)
    with fresh_db.unit_of_work() as session:
        waiting = consents.to_seal(session, record.id)
    assert waiting is not None
    sealer = open_seal(choose(platform.settings), now=NOW)
    orphan = blobs_of(platform.settings).put(sealer.seal(waiting.pdf, now=NOW).pdf)  # then killed

    platform.queue.drain()
    seal(platform, {"record_id": record.id})  # and once more, as at-least-once may

    with fresh_db.reading() as session:
        found = session.scalars(select(ConsentRecord)).one()
        documents = session.scalars(
            select(InboxItem).where(InboxItem.kind == ItemKind.DOCUMENT)
        ).all()
        assert session.get_one(ConsentRequest, asked.id).state is State.SIGNED
    names = {path.stem for path in (tmp_path / "consents").glob("*.pdf")}
    assert len(documents) == 1
    assert names == {orphan, found.file_sha256}
    assert orphan != found.file_sha256


def test_two_workers_that_seal_the_same_agree_on_the_first(
    fresh_db: Database, settings: Settings, tmp_path: Path
) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        asked = made.request(session, make.doctor(session, [ana]), ana)
        record = made.signature(session, made.as_self(ana), asked)
        waiting = consents.to_seal(session, record.id)
    assert waiting is not None
    sealer = open_seal(choose(replace(settings, data_dir=tmp_path)), now=NOW)
    files = [sealer.seal(waiting.pdf, now=NOW) for _ in range(2)]

    kept = []
    for file in files:
        with fresh_db.unit_of_work() as session:
            kept.append(consents.keep_sealed(session, record.id, file, now=NOW))

    assert kept == [True, False]
    with fresh_db.reading() as session:
        assert session.scalars(select(ConsentRecord.file_sha256)).one() == files[0].sha256


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE consent_evidence_event SET kind = 'x'", "append-only"),
        ("DELETE FROM consent_evidence_event", "append-only"),
        ("UPDATE consent_template_version SET sha256 = 'x'", "never changes"),
        ("UPDATE consent_template_version SET source = '{}'", "never changes"),
        ("DELETE FROM consent_template_version", "never changes"),
    ],
)
def test_evidence_and_wordings_refuse_to_be_rewritten(
    fresh_db: Database, statement: str, words: str
) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        made.request(session, make.doctor(session, [ana]), ana)

    with pytest.raises(DBAPIError, match=words), fresh_db.unit_of_work() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("deed", ["edited", "removed", "cut off", "other head"])
def test_a_chain_rewritten_behind_the_triggers_is_found(session: Session, deed: str) -> None:
    ana = make.patient(session)
    asked = made.request(session, make.doctor(session, [ana]), ana)
    made.signature(session, made.as_self(ana), asked)
    assert consents.is_whole(session, asked)
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            session.execute(text(f"DROP TRIGGER consent_evidence_event_no_{verb}"))
    else:
        session.execute(text("ALTER TABLE consent_evidence_event DISABLE TRIGGER ALL"))
    statement = {
        "edited": "UPDATE consent_evidence_event SET actor_id = 7 WHERE seq = 2",
        "removed": "DELETE FROM consent_evidence_event WHERE seq = 2",
        "cut off": "DELETE FROM consent_evidence_event WHERE seq = 4",
        "other head": "UPDATE consent_request SET evidence_head = 'x'",
    }[deed]
    session.execute(text(statement))
    session.expire_all()

    assert not consents.is_whole(session, asked)


def test_a_chain_cannot_fork(fresh_db: Database) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        made.request(session, make.doctor(session, [ana]), ana)
        first = session.scalars(select(EvidenceEvent)).one()
        twin = {
            column.name: getattr(first, column.name)
            for column in EvidenceEvent.__table__.columns
            if column.name not in ("id", "seq")
        }

    with pytest.raises(DBAPIError), fresh_db.unit_of_work() as session:
        session.add(EvidenceEvent(**twin, seq=2))


def test_a_file_on_disk_that_changed_is_not_handed_out(tmp_path: Path) -> None:
    blobs = FolderOfBlobs(tmp_path / "files")
    name = blobs.put(b"%PDF- sealed")
    path = tmp_path / "files" / f"{name}.pdf"
    assert blobs.get(name) == b"%PDF- sealed"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]

    path.write_bytes(b"%PDF- other")

    stored = consents.StoredDocument(name, "a.pdf")
    with pytest.raises(Unavailable):
        consents.read_file(blobs, stored)
    assert blobs.get("../../etc/passwd") is None
    assert consents.read_file(_memory(b"x"), consents.StoredDocument(_sha(b"x"), "a.pdf")) == b"x"


def _memory(content: bytes) -> MemoryBlobs:
    blobs = MemoryBlobs()
    blobs.put(content)
    return blobs


def _sha(content: bytes) -> str:
    return sha256(content).hexdigest()


def test_another_person_s_evidence_is_not_shown(session: Session) -> None:
    ana, eva = make.patient(session), make.patient(session, "Eva", "Kos")
    asked = made.request(session, make.doctor(session, [ana]), ana)

    with pytest.raises(NotFound):
        consents.show(session, made.as_self(eva), asked.id, "sl", now=NOW)


def _verify(file: Path, *options: str) -> tuple[int, dict[str, object]]:
    """The command in this process; as its own process it runs in the journey of the inbox."""
    done = CliRunner().invoke(root, ["consent", "verify", str(file), "--json", *options])
    return done.exit_code, json.loads(done.stdout or done.stderr)


def test_the_command_says_valid_and_one_flipped_byte_altered(
    session: Session, tmp_path: Path
) -> None:
    ana = make.patient(session)
    asked = made.request(session, make.doctor(session, [ana]), ana)
    shown = made.preparation(session, made.as_self(ana), asked).pdf
    sealer = development_sealer(tmp_path, now=datetime.now(UTC))
    sealed = sealer.seal(shown).pdf
    flipped = bytearray(sealed)
    flipped[len(shown) // 2] ^= 1
    files = {"good.pdf": sealed, "bad.pdf": bytes(flipped), "plain.pdf": shown}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    good = _verify(tmp_path / "good.pdf", "--data", str(tmp_path))
    bad = _verify(tmp_path / "bad.pdf", "--data", str(tmp_path))
    plain = _verify(tmp_path / "plain.pdf", "--data", str(tmp_path))
    named = _verify(tmp_path / "good.pdf", "--trust", str(tmp_path / "development-ca" / "root.pem"))
    stranger = development_sealer(tmp_path / "other", now=datetime.now(UTC))
    foreign = _verify(tmp_path / "good.pdf", "--data", str(tmp_path / "other"))
    nowhere = _verify(tmp_path / "good.pdf", "--data", str(tmp_path / "nothing"))

    assert stranger.is_test
    assert sealed.startswith(shown)
    assert (good[0], good[1]["state"], good[1]["reasons"]) == (0, "valid", [])
    assert (bad[0], bad[1]["state"]) == (1, "altered")
    assert (plain[0], plain[1]["state"]) == (1, "unknown")
    assert (named[0], named[1]["state"]) == (0, "valid")
    assert (foreign[0], foreign[1]["state"]) == (1, "unknown")
    assert (nowhere[0], nowhere[1]["error"]) == (1, "no_trust")
