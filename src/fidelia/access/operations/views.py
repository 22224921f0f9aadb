"""How one person keeps a list: views by name, and which columns it shows. One's own, so no right is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case

from ..errors import MalformedView, UserUnknown, ViewNameTaken, ViewUnknown
from ..models import SavedView, User

VIEWS_MAX = 12
NAME_LENGTH_MAX = 60
QUERY_LENGTH_MAX = 1_000
COLUMNS_MAX = 30


def save_view(*, by: Actor, at: datetime, page: str, name: str, query: str, row_count: int | None = None) -> SavedView:
    """Keep the filters and the order of a list under a name. Raises UserUnknown, MalformedView, ViewNameTaken."""
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= NAME_LENGTH_MAX:
        raise MalformedView(f"A view has a name of 1 to {NAME_LENGTH_MAX} characters.", pointer="/name")
    if len(query) > QUERY_LENGTH_MAX:
        raise MalformedView(f"A view has an address of at most {QUERY_LENGTH_MAX} characters.", pointer="/query")
    user = _user(by)
    with transaction_of_use_case():
        if SavedView.objects.filter(user=user, page=page).count() >= VIEWS_MAX:
            raise MalformedView(f"A person keeps at most {VIEWS_MAX} views of a list.", pointer="/name")
        view = SavedView(user=user, page=page, name=clean, query=query, row_count=row_count, saved_at=at)
        try:
            with transaction.atomic():
                view.save(force_insert=True)
        except IntegrityError:
            raise ViewNameTaken(f"You keep a view “{clean}” already.", pointer="/name") from None
    return view


def forget_view(*, by: Actor, at: datetime, view_id: UUID) -> SavedView:
    """Remove one of one's own views and return it as it was. Raises UserUnknown, ViewUnknown."""
    with transaction_of_use_case():
        view = SavedView.objects.filter(user=_user(by), pk=view_id).first()
        if view is None:
            raise ViewUnknown("You keep no such view.")
        SavedView.objects.filter(pk=view_id).delete()
    return view


def note_row_count(*, by: Actor, at: datetime, view_id: UUID, row_count: int) -> None:
    """Note how many rows one's own view held when it was opened."""
    user = _user(by)
    with transaction_of_use_case():
        SavedView.objects.filter(pk=view_id, user=user).update(row_count=row_count)


def choose_columns(*, by: Actor, at: datetime, page: str, columns: Sequence[str]) -> None:
    """Choose which columns a list shows to oneself; none brings those of the product back. Raises UserUnknown."""
    with transaction_of_use_case():
        user = User.objects.select_for_update().get(pk=_user(by).pk)
        user.columns = {**user.columns, page: list(columns)[:COLUMNS_MAX]}
        if not columns:
            del user.columns[page]
        user.save(update_fields=["columns"])


def _user(by: Actor) -> User:
    user = User.objects.filter(pk=by.id).first() if by.kind == "user" and by.id is not None else None
    if user is None:
        raise UserUnknown("There is no such user.")
    return user
