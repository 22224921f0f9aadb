"""House rule: every right the source asks for is listed with a sentence, and every role gives rights that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fidelia
from fidelia.access.rights import BUILT_IN_ROLES, RIGHTS, is_known

SOURCE = Path(fidelia.__file__).parent
ASKED = re.compile(r"\.(?:require|may|may_somewhere|scopes_of)\(\s*\"([^\"]+)\"")


def asked_rights() -> dict[str, str]:
    """Every right named in the source, with a file that asks for it."""
    return {
        right: str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        for right in ASKED.findall(path.read_text(encoding="utf-8"))
    }


def test_every_right_asked_for_is_listed() -> None:
    missing = {right: path for right, path in asked_rights().items() if right not in RIGHTS}
    assert not missing, "add a line with a sentence to access/rights.py"


@pytest.mark.parametrize("code", BUILT_IN_ROLES)
def test_every_role_gives_rights_that_exist(code: str) -> None:
    assert [right for right in BUILT_IN_ROLES[code].rights if not is_known(right)] == []


def test_a_right_is_a_noun_and_a_verb() -> None:
    assert [right for right in RIGHTS if not re.fullmatch(r"[a-z_]+\.[a-z_]+", right)] == []
