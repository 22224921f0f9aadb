"""What the JSON Schema is made of: keys, amounts, texts in both languages, objects of named members."""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

KEY: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,39}$"}
CODE: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,39}$"}
AMOUNT: Final[Schema] = {
    "description": 'A positive amount in units, such as "12.50"; written as a text where it has decimals.',
    "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^\d+(\.\d+)?$"}],
}
PRICE: Final[Schema] = {"anyOf": [AMOUNT, {"enum": [0, "0", "0.0", "0.00", "0.000"]}]}
PERCENT: Final[Schema] = {
    "description": "Above 0 and at most 100, with at most four decimals.",
    "anyOf": [{"type": "integer", "minimum": 1, "maximum": 100}, {"type": "string", "pattern": r"^\d+(\.\d{1,4})?$"}],
}
RULE_TEXT: Final[Schema] = {"type": "string", "description": "A text of the rule language.", "minLength": 1}
LOCALIZED: Final[Schema] = {
    "type": "object",
    "description": "The same in both languages.",
    "properties": {"en": {"type": "string", "minLength": 1}, "fr": {"type": "string", "minLength": 1}},
    "required": ["en", "fr"],
    "additionalProperties": False,
}
INSTANT: Final[Schema] = {"type": "string", "description": "A moment with its offset: 2026-12-01T00:00:00+01:00"}


def members(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """An object of these members and no others."""
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def short_or(short: Schema, named: Schema) -> Schema:
    """What may be written as one value, or as an object with its members."""
    return {"anyOf": [short, members(named, required=tuple(named)[:1])]}


def list_of(items: Schema, most: int) -> Schema:
    """A list of at most so many."""
    return {"type": "array", "items": items, "maxItems": most}


def or_null(schema: Schema) -> Schema:
    """What may be left out by null."""
    return {"anyOf": [schema, {"type": "null"}]}


def whole(least: int, most: int) -> Schema:
    """A whole number within bounds."""
    return {"type": "integer", "minimum": least, "maximum": most}
