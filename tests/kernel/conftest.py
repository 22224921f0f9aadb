from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kernel.serving import table_of_effects


@pytest.fixture
def effect_table(transactional_db: None) -> Iterator[None]:
    """The table `effect`, for tests whose connections really commit."""
    with table_of_effects():
        yield
