from __future__ import annotations

import pytest

from fidelia.programme.models import Enrolment
from tests.cast import AT
from tests.programme.cast import member, programme

from .caller import Caller


@pytest.fixture(autouse=True)
def _the_day_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The face reads the clock at its door; there it stands still."""
    monkeypatch.setattr("fidelia.api.exchange.now", lambda: AT)


@pytest.fixture
def florestan(db: None) -> Enrolment:
    """Florestan’s membership of the programme of the tests."""
    return member(programme())


@pytest.fixture
def till(db: None) -> Caller:
    """A key that may do what a till, a web shop and a back office do."""
    return Caller()
