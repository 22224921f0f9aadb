"""The column for LocalizedText, stored as jsonb {"en": …, "fr": …}."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from .localized import LocalizedText


class LocalizedTextField(models.JSONField):
    """A JSONField whose Python value is a LocalizedText."""

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> LocalizedText | None:
        mapping = super().from_db_value(value, expression, connection)
        return None if mapping is None else LocalizedText.from_mapping(mapping)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if isinstance(value, LocalizedText):
            value = value.as_mapping()
        return super().get_db_prep_value(value, connection, prepared)

    def to_python(self, value: Any) -> LocalizedText | None:
        return value if value is None or isinstance(value, LocalizedText) else LocalizedText.from_mapping(value)
