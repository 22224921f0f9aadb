"""Messages of the tests go by real SMTP to a server of the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .post_office import PostOffice
from .text_provider import TextProvider


@pytest.fixture
def post_office(settings: Any) -> Iterator[PostOffice]:
    with PostOffice() as office:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = office.port
        settings.DEFAULT_FROM_EMAIL = "Fidelio <bonjour@fidelio.example>"
        yield office


@pytest.fixture
def texts(settings: Any, tmp_path: Path) -> Iterator[TextProvider]:
    with TextProvider() as provider:
        settings.SMS_GATEWAY, settings.SMS_SECRET = "http", "key-42"
        settings.SMS_TEMPLATE = provider.declaration(tmp_path)
        settings.SMS_CALLBACK_SECRET, settings.SMS_COUNTRIES = "calls-back", []
        yield provider
