"""Messages of the tests go by real SMTP to a server of the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .post_office import PostOffice


@pytest.fixture
def post_office(settings: Any) -> Iterator[PostOffice]:
    with PostOffice() as office:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = office.port
        settings.DEFAULT_FROM_EMAIL = "Fidelio <bonjour@fidelio.example>"
        yield office
