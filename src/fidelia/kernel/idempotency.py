"""Requests that may come again: a caller's key is kept with what it made, as long as that is kept.

A caller that got no answer sends the same request with the same key. A verb that may be called so takes `once`, and
`claim` is the first thing it does in its transaction: of two equal requests at the same moment one makes the resource
and the other waits for it, then learns which it is. Purchases carry the key in their own row instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from .db import require_transaction
from .errors import Refused

OWNER_LENGTH_MAX = 80
KEY_LENGTH_MAX = 255
_CLAIM = """
insert into kernel_request (owner, key, request_hash, resource_type, resource_id, recorded_at)
values (%s, %s, %s, %s, %s, %s) on conflict do nothing
"""
# A later statement than the insert that waited: at READ COMMITTED it sees what the other transaction committed.
_FIND = "select request_hash, resource_type, resource_id from kernel_request where owner = %s and key = %s"
_NAME = "update kernel_request set resource_id = %s where owner = %s and key = %s"


class IdempotencyKeyReused(Refused):
    """The same idempotency key came with another request."""

    default_code = "idempotency_key_reused"


class RequestRepeated(Refused):
    """The request was served before. A face answers with the resource as it is now, and never shows this."""

    default_code = "request_repeated"

    def __init__(self, resource_type: str, resource_id: str) -> None:
        super().__init__("This request was served before.")
        self.resource_type = resource_type
        self.resource_id = resource_id


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Whose key, the key, and the SHA-256 of all that the request says."""

    owner: str
    key: str
    request_hash: bytes


def claim(
    once: RequestKey | None, *, at: datetime, resource_type: str, resource_id: UUID | str | int | None = None
) -> None:
    """Note in the caller's transaction that this request makes this resource; without a key, do nothing.

    Where the database makes the id, leave it out and call `name_resource` once it is known. Raises RequestRepeated
    (it was served before; the transaction is to be rolled back), IdempotencyKeyReused.
    """
    require_transaction()
    if once is None:
        return
    assert len(once.owner) <= OWNER_LENGTH_MAX, "owners of keys are kinds and ids of actors"
    named = "" if resource_id is None else str(resource_id)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [once.owner, once.key, once.request_hash, resource_type, named, at])
        if cursor.rowcount:
            return
        cursor.execute(_FIND, [once.owner, once.key])
        kept_hash, kept_type, kept_id = cursor.fetchone()
    if bytes(kept_hash) != once.request_hash:
        raise IdempotencyKeyReused("This idempotency key was used for another request.")
    raise RequestRepeated(kept_type, kept_id)


def name_resource(once: RequestKey | None, resource_id: UUID | str | int) -> None:
    """Say which resource a claimed request has made, where only the database knew."""
    require_transaction()
    if once is not None:
        with connection.cursor() as cursor:
            cursor.execute(_NAME, [str(resource_id), once.owner, once.key])
