"""Where an installation keeps its things."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def default_home() -> Path:
    """Return `./.fidelia` in a checkout, else the person's own data folder."""
    return Path.cwd() / ".fidelia"


def database_url(home: Path, environ: Mapping[str, str]) -> str:
    """Return FIDELIA_DATABASE_URL, else the address of the embedded cluster of `home`."""
    return environ.get("FIDELIA_DATABASE_URL") or f"postgresql://postgres@/fidelia?host={home}"
