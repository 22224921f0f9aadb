"""Users: created with a password worth its name, changed by themselves, let go without locking everybody out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from fidelia.access.errors import (
    EmailTaken,
    LastAdministrator,
    MalformedEmail,
    PasswordTooWeak,
    PasswordWrong,
    UnknownPreference,
    UserInactive,
    UserUnknown,
)
from fidelia.access.models import Audit, User
from fidelia.access.operations import change_password, change_preferences, create_user, deactivate_user, log_in
from fidelia.access.queries import actor_of
from fidelia.kernel.errors import Denied
from tests.cast import AT, PASSWORD, PIZARRO, SYSTEM, leonore, person, pizarro, rocco

pytestmark = pytest.mark.django_db
NEW = "Gott! Welch Dunkel hier"


def test_the_address_is_kept_in_lower_case_and_used_once() -> None:
    said = {"by": SYSTEM, "at": AT, "name": "Leonore", "password": PASSWORD}
    user = create_user(email=" Leonore@Fidelio.Example ", **said)
    assert user.email == "leonore@fidelio.example"
    with pytest.raises(EmailTaken):
        create_user(email="LEONORE@fidelio.example", **said)
    assert User.objects.count() == Audit.objects.count() == 1
    assert PASSWORD not in str(Audit.objects.values().get())


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"email": "leonore"}, MalformedEmail),
        ({"password": "short"}, PasswordTooWeak),
        ({"password": "password1234"}, PasswordTooWeak),
        ({"password": "leonore@fidelio"}, PasswordTooWeak),
        ({"language": "it"}, UnknownPreference),
        ({"by": PIZARRO}, Denied),
    ],
)
def test_what_is_refused_creates_nobody(wrong: dict[str, Any], error: type[Exception]) -> None:
    said = {"by": SYSTEM, "at": AT, "email": "leonore@fidelio.example", "name": "Leonore", "password": PASSWORD}
    with pytest.raises(error):
        create_user(**said | wrong)
    assert not User.objects.exists()


def test_one_changes_ones_own_password_by_giving_the_old_one() -> None:
    user = pizarro()
    actor = actor_of(user)
    with pytest.raises(PasswordWrong):
        change_password(by=actor, at=AT, user_id=user.id, new_password=NEW, old_password="a guess of mine")
    with pytest.raises(PasswordWrong):
        change_password(by=actor, at=AT, user_id=user.id, new_password=NEW)
    change_password(by=actor, at=AT, user_id=user.id, new_password=NEW, old_password=PASSWORD)
    assert log_in(email=user.email, password=NEW, address="::1", at=AT) == user


def test_anothers_password_takes_the_right() -> None:
    user, administrator = leonore(), rocco()
    with pytest.raises(Denied):
        change_password(by=actor_of(pizarro()), at=AT, user_id=user.id, new_password=NEW)
    change_password(by=actor_of(administrator), at=AT, user_id=user.id, new_password=NEW)
    assert log_in(email=user.email, password=NEW, address="::1", at=AT) == user
    with pytest.raises(PasswordTooWeak):
        change_password(by=actor_of(administrator), at=AT, user_id=user.id, new_password="Leonore")


def test_who_is_deactivated_can_do_nothing_more() -> None:
    user, by = leonore(), actor_of(rocco())
    deactivate_user(by=by, at=AT, user_id=user.id)
    user.refresh_from_db()
    with pytest.raises(UserInactive):
        actor_of(user)
    with pytest.raises(UserInactive):
        deactivate_user(by=by, at=AT, user_id=user.id)
    with pytest.raises(UserUnknown):
        deactivate_user(by=by, at=AT, user_id=UUID(int=4))
    assert Audit.objects.filter(verb="user.deactivate").count() == 1


def test_the_last_administrator_stays() -> None:
    last, by = rocco(), actor_of(person("Fernando", "administrator"))
    deactivate_user(by=by, at=AT, user_id=last.id)
    with pytest.raises(LastAdministrator):
        deactivate_user(by=by, at=AT, user_id=by.id)  # type: ignore[arg-type]
    assert User.objects.filter(is_active=True).count() == 1


def test_one_chooses_language_theme_and_density() -> None:
    user = leonore()
    changed = change_preferences(by=actor_of(user), at=AT, language="en", density="compact")
    assert (changed.language, changed.theme, changed.density) == ("en", "system", "compact")
    for wrong in ({"language": "de"}, {"theme": "pink"}, {"density": "crammed"}):
        with pytest.raises(UnknownPreference):
            change_preferences(by=actor_of(user), at=AT, **wrong)
    with pytest.raises(UserUnknown):
        change_preferences(by=SYSTEM, at=AT, theme="dark")
    assert User.objects.values_list("language", "theme", "density").get() == ("en", "system", "compact")
