"""Typed readers of environment variables; a wrong value stops the start and names the variable."""

from __future__ import annotations

import os
from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def read_text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def read_flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is “{value}”; write true or false.")


def read_int(name: str, default: int, *, least: int, most: int) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    if not value.lstrip("-").isdigit() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name} is “{value}”; write a whole number from {least} to {most}.")
    return int(value)


def read_list(name: str, default: list[str]) -> list[str]:
    value = os.environ.get(name)
    return default if value is None else [part.strip() for part in value.split(",") if part.strip()]


def read_amounts(name: str, known: Collection[str]) -> dict[str, Decimal]:
    """Read amounts by name, such as "email=0.001,sms=0.065"."""
    amounts: dict[str, Decimal] = {}
    for part in read_list(name, []):
        key, _sign, text = part.partition("=")
        try:
            amounts[key.strip()] = Decimal(text.strip())
        except InvalidOperation:
            raise ImproperlyConfigured(f"{name} holds “{part}”; write amounts as in email=0.001,sms=0.065.") from None
        amount = amounts[key.strip()]
        if key.strip() not in known or not (amount.is_finite() and 0 <= amount < 1_000):
            raise ImproperlyConfigured(f"{name} holds “{part}”; amounts are of {', '.join(known)}, from 0 to 1000.")
    return amounts


def read_path(name: str, default: Path) -> Path:
    value = os.environ.get(name)
    return default if not value else Path(value).expanduser()


def database_from_url(url: str, *, role: str) -> dict[str, object]:
    """Turn postgresql://user:password@host:port/name?host=/socket/folder into Django's DATABASES entry.

    `role` is set on each connection (`-c role=…`): the application runs with the privileges of that role, which owns
    no table and cannot change the ledger's past. Raises ImproperlyConfigured.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured("FIDELIA_DATABASE_URL must begin with postgresql:// (no other database will do).")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("FIDELIA_DATABASE_URL names no database: end it with /fidelia, for instance.")
    options = {key: value for key, value in query.items() if key not in ("host", "port")}
    if role:
        options["options"] = f"{options.get('options', '')} -c role={role}".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": query.get("port", str(parts.port or "")),
        "OPTIONS": options,
    }
