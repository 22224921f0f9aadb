"""The basket of a closed checkout in a receipt: what the engine was given, in JSON, without what is as usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

import msgspec

from ..pricing import Basket
from .receipt import MalformedReceipt

# Not the basket's own: how points pay is what the programme's document says.
_OF_THE_TERMS = frozenset({"pays"})


def basket_as_json(basket: Basket) -> dict[str, Any]:
    """Return a basket as `basket_from_json` reads it back."""
    found: dict[str, Any] = _plain(basket)
    return {name: value for name, value in found.items() if name not in _OF_THE_TERMS}


def basket_from_json(stored: Any) -> Basket:
    """Read the basket of a receipt. Raises MalformedReceipt."""
    try:
        return msgspec.convert(stored, Basket)
    except (msgspec.ValidationError, TypeError) as error:
        raise MalformedReceipt(f"This is no basket: {error}.", pointer="/basket") from None


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {
            each.name: _plain(getattr(value, each.name))
            for each in fields(value)
            if getattr(value, each.name) != _usual(each)
        }
    elif isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple | frozenset) else value


def _usual(each: Field[Any]) -> Any:
    if each.default is not MISSING:
        return each.default
    return each.default_factory() if each.default_factory is not MISSING else MISSING
