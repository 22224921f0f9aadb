"""The people who work there, and the keys of the programs that do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import override

from fidelia.access.errors import PasswordTooWeak
from fidelia.access.models import User
from fidelia.access.operations import create_user, grant_role, issue_key
from fidelia.access.queries import actor_of
from fidelia.kernel.actor import EVERYWHERE, Actor, Mode, Scope

from .network import Network

DOMAIN = "maison-eleonore.example"
KEY_RIGHTS = (
    *("customer.*", "enrolment.create", "enrolment.end", "purchase.record", "purchase.return", "purchase.see"),
    *("points.see", "decision.see", "programme.see", "product.see", "product.change", "store.see"),
)


@dataclass(frozen=True, slots=True)
class Colleague:
    """One who logs in: address, name, role and where it holds ("" for everywhere, "partner", or a store's code)."""

    email: str
    name: str
    role: str
    place: str = ""
    language: str = "fr"


TEAM = (
    Colleague(f"sophie.berthier@{DOMAIN}", "Sophie Berthier", "loyalty_manager"),
    Colleague(f"marc.delattre@{DOMAIN}", "Marc Delattre", "loyalty_manager"),
    Colleague(f"amandine.roussel@{DOMAIN}", "Amandine Roussel", "administrator"),
    Colleague(f"helene.vasseur@{DOMAIN}", "Hélène Vasseur", "call_centre_agent"),
    Colleague(f"leo.fournier@{DOMAIN}", "Léo Fournier", "cashier", "PARIS-MARAIS"),
    Colleague(f"karim.benali@{DOMAIN}", "Karim Benali", "analyst"),
    Colleague(f"claire.le-goff@{DOMAIN}", "Claire Le Goff", "finance"),
    Colleague(f"etienne.lambert@{DOMAIN}", "Étienne Lambert", "partner", "partner"),
    Colleague(f"emily.whitfield@{DOMAIN}", "Emily Whitfield", "loyalty_manager", language="en"),
)
AUTHOR, APPROVER = TEAM[0], TEAM[1]


@dataclass(frozen=True, slots=True)
class Team:
    """Who drafts and who approves; the texts of the keys, which exist nowhere else."""

    author: Actor
    approver: Actor
    live_key: str
    test_key: str


def check_password(password: str) -> None:
    """Raise PasswordTooWeak, in English, before anything is written: one that is like the name of a colleague too."""
    try:
        with override("en"):
            for one in TEAM:
                validate_password(password, User(email=one.email, name=one.name))
    except ValidationError as refusal:
        raise PasswordTooWeak(" ".join(refusal.messages), pointer="/password") from None


def engage_team(*, by: Actor, at: datetime, network: Network, password: str) -> Team:
    """Create every user with one password, and a live and a test key.

    Raises PasswordTooWeak.
    """
    users = {one.email: _engage(one, by=by, at=at, network=network, password=password) for one in TEAM}
    return Team(
        author=actor_of(users[AUTHOR.email]),
        approver=actor_of(users[APPROVER.email]),
        live_key=_issue(by, at, "Site maison-eleonore.example", "live"),
        test_key=_issue(by, at, "Essais du site", "test"),
    )


def _engage(one: Colleague, *, by: Actor, at: datetime, network: Network, password: str) -> User:
    user = create_user(by=by, at=at, email=one.email, name=one.name, password=password, language=one.language)
    grant_role(by=by, at=at, user_id=user.id, role_code=one.role, scope=_scope_of(one, network))
    return user


def _scope_of(one: Colleague, network: Network) -> Scope:
    if not one.place:
        return EVERYWHERE
    store_id = network.store_ids.get(one.place)
    return Scope(network.partner_id, store_id)


def _issue(by: Actor, at: datetime, name: str, mode: Mode) -> str:
    return issue_key(by=by, at=at, name=name, rights=KEY_RIGHTS, mode=mode).text
