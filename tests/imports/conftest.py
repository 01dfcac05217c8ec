"""A worker's bench with a folder of its own."""

from pathlib import Path

import pytest

from telehealth.core.db import Database
from telehealth.imports.jobs import Bench
from tests.make import imports as made


@pytest.fixture
def bench(db: Database, tmp_path: Path) -> Bench:
    """The worker's bench on the test's database."""
    return made.bench(db, tmp_path / "imports")
