"""Sealed texts: what an address carries about people, readable by this installation alone.

Addresses stand in the logs of every server on the way, in histories and in what browsers tell other pages. A place in a
list sorted by name is a name.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

SEALED_LENGTH_MAX = 6_000


def seal(text: str, *, purpose: str) -> str:
    """Return the text sealed, fit for an address; differently each time."""
    return _key_of(settings.SECRET_KEY, purpose).encrypt(text.encode()).decode().rstrip("=")


def unseal(sealed: str, *, purpose: str) -> str | None:
    """Return what was sealed for the same purpose here; None for anything else, however it was made up."""
    if len(sealed) > SEALED_LENGTH_MAX or not sealed.isascii():
        return None
    try:
        return _key_of(settings.SECRET_KEY, purpose).decrypt(sealed + "=" * (-len(sealed) % 4)).decode()
    except InvalidToken:
        return None


@cache
def _key_of(secret: str, purpose: str) -> Fernet:
    # The secret is long and random, so one round of hashing parts the keys of the purposes.
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"sealing {purpose} {secret}".encode()).digest()))
