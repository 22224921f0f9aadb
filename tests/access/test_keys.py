"""API keys: issued within one's scope, for rights that exist, revoked once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from fidelia.access.errors import KeyRevoked, MalformedKeyTerms, NoSuchKey, RightUnknown
from fidelia.access.models import ApiKey, Audit
from fidelia.access.operations import issue_key, revoke_key
from fidelia.access.queries import list_keys
from fidelia.kernel.actor import Scope
from fidelia.kernel.errors import Denied
from tests.cast import AT, PIZARRO, actor_with

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = Scope(UUID(int=1)), Scope(UUID(int=2))
ROCCO = actor_with("key.*", label="Rocco")
PARTNER = actor_with("key.*", label="Marzelline", scope=HERE)


def test_it_is_issued_with_its_terms_and_audited() -> None:
    key = issue_key(by=ROCCO, at=AT, name=" Web shop ", rights={"store.see", "partner.*"}, limit_per_minute=90).key
    kept = ApiKey.objects.get()
    assert (kept.name, kept.rights, kept.limit_per_minute) == ("Web shop", ["partner.*", "store.see"], 90)
    assert kept.issued_by == "Rocco"
    assert Audit.objects.get().object_id == str(key.id)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"rights": ["*"]}, RightUnknown),
        ({"rights": ["store.burn"]}, RightUnknown),
        ({"rights": ["burn.*"]}, RightUnknown),
        ({"name": " "}, MalformedKeyTerms),
        ({"limit_per_minute": 0}, MalformedKeyTerms),
        ({"limit_per_minute": 1_000_001}, MalformedKeyTerms),
        ({"expires_at": AT}, MalformedKeyTerms),
        ({"expires_at": AT - timedelta(days=1)}, MalformedKeyTerms),
    ],
)
def test_it_refuses_terms_that_make_no_sense(wrong: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        issue_key(by=ROCCO, at=AT, **{"name": "Till", "rights": ["store.see"]} | wrong)
    assert not ApiKey.objects.exists()


def test_a_partner_issues_keys_for_itself_only() -> None:
    own = issue_key(by=PARTNER, at=AT, name="Own", rights=["store.see"], scope=HERE).key
    for by, scope in ((PARTNER, ELSEWHERE), (PARTNER, Scope()), (PIZARRO, HERE)):
        with pytest.raises(Denied):
            issue_key(by=by, at=AT, name="Other", rights=["store.see"], scope=scope)
    other = issue_key(by=ROCCO, at=AT, name="Other", rights=["store.see"], scope=ELSEWHERE).key
    assert list_keys(by=PARTNER) == [own]
    assert set(list_keys(by=ROCCO)) == {own, other}
    assert list_keys(by=PIZARRO) == []
    with pytest.raises(Denied):
        revoke_key(by=PARTNER, at=AT, key_id=other.id)
    assert not ApiKey.objects.filter(revoked_at__isnull=False).exists()


def test_it_is_revoked_once() -> None:
    key = issue_key(by=ROCCO, at=AT, name="Till", rights=["store.see"]).key
    revoke_key(by=ROCCO, at=AT, key_id=key.id)
    assert ApiKey.objects.get().revoked_at == AT
    with pytest.raises(KeyRevoked):
        revoke_key(by=ROCCO, at=AT + timedelta(days=1), key_id=key.id)
    assert ApiKey.objects.get().revoked_at == AT
    with pytest.raises(NoSuchKey):
        revoke_key(by=ROCCO, at=AT, key_id=UUID(int=3))
