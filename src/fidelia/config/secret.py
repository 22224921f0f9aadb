"""The secret key of an installation, kept in a file of its home that only the owner reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_key_of(home: Path) -> str:
    """Return the key kept in `home`/secret.key; the first call makes it. Two first calls at once agree on one key."""
    path = home / "secret.key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f"secret.key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first; its key is the key
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
