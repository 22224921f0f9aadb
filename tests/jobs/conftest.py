from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.jobs.kinds import SEEN, UNAVAILABLE
from tests.kernel.serving import table_of_effects


@pytest.fixture(autouse=True)
def kinds(settings: Any) -> None:
    settings.JOBS = "tests.jobs.kinds.KINDS"
    SEEN.clear()
    UNAVAILABLE.clear()


@pytest.fixture
def effect_table(transactional_db: None) -> Iterator[None]:
    with table_of_effects():
        yield
