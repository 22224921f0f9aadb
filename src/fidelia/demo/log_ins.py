"""Who may log in to the invented shop: the passwords are made once, and kept for who filled it in."""

from __future__ import annotations

import secrets
from pathlib import Path

from fidelia.demo.filling.team import TEAM

LOG_INS = "log-ins.txt"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another


def make_password() -> str:
    """Return a password that is read aloud easily: three groups of five (74 bits)."""
    return "-".join("".join(secrets.choice(_LETTERS) for _letter in range(5)) for _group in range(3))


def keep_log_ins(folder: Path, password: str, member: str = "") -> None:
    """Write who may log in, for this account's eyes only: a second `fidelia demo` prints it again."""
    lines = [f"  {one.email:<46} {one.role:<18} {one.name}" for one in TEAM]
    path = folder / LOG_INS
    path.touch(mode=0o600)
    path.write_text("\n".join([*lines, f"\n  Password of each: {password}", *_of_member(member), ""]), encoding="utf-8")


def _of_member(email: str) -> list[str]:
    """Say how to look at the pages of a member: no mail leaves the invented shop, so the page shows the code itself."""
    if not email:
        return []
    return [
        "",
        f"  A member’s own pages: the same address without /console/, as {email}",
        "  (the code stands on the page)",
    ]


def read_log_ins(folder: Path) -> str:
    """Return who may log in, or where that was said."""
    path = folder / LOG_INS
    if not path.is_file():
        return "The log-ins were printed when it was filled, by an installation with another FIDELIA_HOME."
    return path.read_text(encoding="utf-8")
