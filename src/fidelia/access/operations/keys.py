"""Issue and revoke API keys."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import EVERYWHERE, Actor, Mode, Scope
from fidelia.kernel.db import transaction_of_use_case

from ..errors import KeyRevoked, MalformedKeyTerms, NoSuchKey
from ..models import KEY_LIMIT_DEFAULT, KEY_LIMIT_MAX, ApiKey
from .admission import secret_hash
from .audit import record_audit
from .roles import check_rights


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key with its whole text, which exists nowhere else and is shown once."""

    key: ApiKey
    text: str


def issue_key(
    *,
    by: Actor,
    at: datetime,
    name: str,
    rights: Collection[str],
    mode: Mode = "live",
    scope: Scope = EVERYWHERE,
    limit_per_minute: int = KEY_LIMIT_DEFAULT,
    expires_at: datetime | None = None,
) -> IssuedKey:
    """Make a key that holds these rights over the scope. Raises Denied, RightUnknown, MalformedKeyTerms."""
    by.require("key.issue", scope)
    check_rights(rights)
    _check_terms(name, limit_per_minute, expires_at, at)
    public_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    key = ApiKey(
        public_id=public_id,
        secret_sha256=secret_hash(secret),
        mode=mode,
        name=name.strip(),
        rights=sorted(rights),
        partner_id=scope.partner_id,
        store_id=scope.store_id,
        limit_per_minute=limit_per_minute,
        issued_at=at,
        issued_by=by.label,
        expires_at=expires_at,
    )
    with transaction_of_use_case():
        key.save(force_insert=True)
        record_audit(
            by=by, at=at, verb="key.issue", object_type="key", object_id=key.id, scope=scope,
            after={"name": key.name, "mode": mode, "rights": key.rights, "limit_per_minute": limit_per_minute},
        )  # fmt: skip
    return IssuedKey(key, f"{mode}_{public_id}_{secret}")


def revoke_key(*, by: Actor, at: datetime, key_id: UUID) -> ApiKey:
    """Withdraw a key: from now on it admits nobody. Raises Denied, NoSuchKey, KeyRevoked."""
    key = get_key(key_id=key_id)
    by.require("key.revoke", key.scope)
    with transaction_of_use_case():
        if not ApiKey.objects.filter(pk=key_id, revoked_at__isnull=True).update(revoked_at=at):
            raise KeyRevoked(f"The key “{key.name}” is revoked already.")
        record_audit(
            by=by, at=at, verb="key.revoke", object_type="key", object_id=key_id, scope=key.scope,
            before={"name": key.name},
        )  # fmt: skip
    key.revoked_at = at
    return key


def get_key(*, key_id: UUID) -> ApiKey:
    """Raises NoSuchKey."""
    try:
        return ApiKey.objects.get(pk=key_id)
    except ApiKey.DoesNotExist:
        raise NoSuchKey("There is no such API key.") from None


def _check_terms(name: str, limit_per_minute: int, expires_at: datetime | None, at: datetime) -> None:
    if not 1 <= len(name.strip()) <= 150:
        raise MalformedKeyTerms("A key has a name of 1 to 150 characters.", pointer="/name")
    if not 1 <= limit_per_minute <= KEY_LIMIT_MAX:
        raise MalformedKeyTerms(f"The limit is from 1 to {KEY_LIMIT_MAX} a minute.", pointer="/limit_per_minute")
    if expires_at is not None and expires_at <= at:
        raise MalformedKeyTerms("A key expires in the future.", pointer="/expires_at")
