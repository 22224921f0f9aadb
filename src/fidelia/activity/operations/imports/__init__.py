"""Bring past purchases in from a file: staged as text, understood, decided at their own dates, recorded by set."""

from .mapping import ImportMapping, parse_mapping
from .run import ImportResult, import_purchases

__all__ = ["ImportMapping", "ImportResult", "import_purchases", "parse_mapping"]
