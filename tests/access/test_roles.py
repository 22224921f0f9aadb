"""Roles: of the product or of one's own, held over a scope, read in one statement."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fidelia.access.errors import (
    LastAdministrator,
    RightUnknown,
    RoleAlreadyGranted,
    RoleNotGranted,
    RoleTaken,
    RoleUnknown,
    UserUnknown,
)
from fidelia.access.models import Audit, Role, RoleGrant
from fidelia.access.operations import change_role, create_role, grant_role, revoke_role
from fidelia.access.queries import actor_of, list_role_grants, list_roles
from fidelia.kernel.actor import Scope
from fidelia.kernel.errors import Denied
from fidelia.kernel.localized import LocalizedText
from tests.cast import AT, PIZARRO, SYSTEM, actor_with, fernando, leonore, marzelline, person, pizarro, rocco

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = Scope(UUID(int=1), UUID(int=2)), Scope(UUID(int=1), UUID(int=3))
GATEKEEPER = LocalizedText(en="Gatekeeper", fr="Portier")


def test_an_actor_and_its_rights_are_read_in_one_statement() -> None:
    user = marzelline(HERE)
    grant_role(by=SYSTEM, at=AT, user_id=user.id, role_code="analyst", scope=ELSEWHERE)
    with CaptureQueriesContext(connection) as queries:
        actor = actor_of(user)
    assert len(queries) == 1
    assert (actor.kind, actor.id, actor.label, actor.mode) == ("user", user.id, "Marzelline", "live")
    assert actor.may("purchase.record", HERE)
    assert not actor.may("purchase.record", ELSEWHERE)
    assert actor.may("segment.create", ELSEWHERE)
    assert set(actor.scopes_of("store.see")) == {HERE, ELSEWHERE}


def test_who_holds_no_role_may_do_nothing() -> None:
    assert actor_of(pizarro()).grants == ()


def test_the_administrator_does_not_see_customers_unless_granted() -> None:
    actor = actor_of(rocco())
    assert actor.may("user.create")
    assert not actor.may_somewhere("customer.see")


def test_a_role_of_ones_own_gives_what_it_says_now() -> None:
    create_role(by=SYSTEM, at=AT, code="gatekeeper", name=GATEKEEPER, rights=["store.see", "store.close"])
    user = person("Jaquino", "gatekeeper")
    assert actor_of(user).may("store.close")
    change_role(by=SYSTEM, at=AT, code="gatekeeper", rights=["store.see"])
    assert not actor_of(user).may("store.close")
    assert [role.code for role in list_roles() if not role.is_built_in] == ["gatekeeper"]


def test_a_role_is_refused_with_rights_or_a_code_that_cannot_be() -> None:
    for code, rights, error in (
        ("gatekeeper", ["gate.lift"], RightUnknown),
        ("gatekeeper", ["*"], RightUnknown),
        ("cashier", ["store.see"], RoleTaken),
        ("Gate Keeper", ["store.see"], RoleTaken),
    ):
        with pytest.raises(error):
            create_role(by=SYSTEM, at=AT, code=code, name=GATEKEEPER, rights=rights)
    with pytest.raises(Denied):
        create_role(by=PIZARRO, at=AT, code="gatekeeper", name=GATEKEEPER, rights=["store.see"])
    with pytest.raises(RoleUnknown):
        change_role(by=SYSTEM, at=AT, code="cashier", rights=["store.see"])
    assert not Role.objects.exists()
    assert not Audit.objects.exists()


def test_a_role_is_granted_once_per_scope_to_somebody_who_exists() -> None:
    user = leonore()
    with pytest.raises(RoleAlreadyGranted):
        grant_role(by=SYSTEM, at=AT, user_id=user.id, role_code="loyalty_manager")
    with pytest.raises(RoleUnknown):
        grant_role(by=SYSTEM, at=AT, user_id=user.id, role_code="king")
    with pytest.raises(UserUnknown):
        grant_role(by=SYSTEM, at=AT, user_id=UUID(int=9), role_code="analyst")
    assert RoleGrant.objects.count() == 1


def test_one_grants_within_ones_own_scope() -> None:
    user = pizarro()
    partner = actor_with("role.grant", scope=Scope(UUID(int=1)))
    with pytest.raises(Denied):
        grant_role(by=partner, at=AT, user_id=user.id, role_code="administrator")
    grant = grant_role(by=partner, at=AT, user_id=user.id, role_code="cashier", scope=HERE)
    with pytest.raises(Denied):
        revoke_role(by=PIZARRO, at=AT, grant_id=grant.id)
    revoke_role(by=partner, at=AT, grant_id=grant.id)
    assert list_role_grants(user_id=user.id) == []
    with pytest.raises(RoleNotGranted):
        revoke_role(by=partner, at=AT, grant_id=grant.id)


def test_the_last_administrator_keeps_the_role() -> None:
    (grant,) = list_role_grants(user_id=rocco().id)
    fernando()
    with pytest.raises(LastAdministrator):
        revoke_role(by=SYSTEM, at=AT, grant_id=grant.id)
    assert RoleGrant.objects.filter(pk=grant.id).exists()
