"""Send the chapters as a PDF by e-mail, once a month, to those of the house who asked for it."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from fidelia.access.errors import UserInactive, UserUnknown
from fidelia.access.models import User
from fidelia.access.operations import record_audit
from fidelia.access.queries import actor_of, get_user
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.organisation.queries import get_operator
from fidelia.ui import formats
from fidelia.ui.charts.words import say

from ..errors import MailNotSent, NoMailServer
from ..models import MonthlyReader
from ..queries import compose_report, get_chapter
from ..report.keeping import read_cover

ADVICE_TOLD: Final = 3
logger = logging.getLogger(__name__)


def add_monthly_reader(*, by: Actor, at: datetime, user_id: UUID) -> MonthlyReader:
    """Send a user the chapters each month from now on; who is added already stays as he is.

    Oneself with the right insight.see, others with insight.refresh. Raises Denied, UserUnknown, UserInactive.
    """
    _require(by, user_id)
    actor_of(get_user(user_id=user_id)).require("insight.see")
    with transaction_of_use_case():
        reader, is_new = MonthlyReader.objects.get_or_create(user_id=user_id, defaults={"added_at": at})
        if is_new:
            _audit(by, at, user_id, after={"monthly": True})
    return reader


def remove_monthly_reader(*, by: Actor, at: datetime, user_id: UUID) -> None:
    """Send a user the chapters no more; nothing happens to one who gets none. Raises Denied."""
    _require(by, user_id)
    with transaction_of_use_case():
        gone, _by_table = MonthlyReader.objects.filter(user_id=user_id).delete()
        if gone:
            _audit(by, at, user_id, after={"monthly": False})


def _require(by: Actor, user_id: UUID) -> None:
    by.require("insight.see" if by.id == user_id else "insight.refresh")


def _audit(by: Actor, at: datetime, user_id: UUID, *, after: dict[str, bool]) -> None:
    record_audit(by=by, at=at, verb="insight.see", object_type="monthly_reader", object_id=user_id, after=after)


def send_monthly_reports(*, by: Actor, at: datetime, told: Callable[[int], None] = lambda _number: None) -> int:
    """Send this month's report to each reader who has not had it; return how many went out.

    Each in a transaction of his own, which ends when the server has taken the message: a worker that dies in between
    sends it a second time, never not at all. Who was deactivated, or may not see insight any more, gets none. Months
    are those of the operator's time zone. Raises Denied (insight.refresh), NoMailServer, MailNotSent when the server
    refused one (the others have theirs).
    """
    by.require("insight.refresh")
    waiting = MonthlyReader.objects.exclude(sent_month__gte=_month_of(at)).order_by("added_at", "user_id")
    ids = list(waiting.values_list("user_id", flat=True))
    if not ids:
        return 0
    if not settings.EMAIL_HOST:
        raise NoMailServer("No server for e-mail is set: FIDELIA_SMTP_HOST.")
    mail, sent, failed = get_connection(), 0, ""
    try:
        for number, user_id in enumerate(ids, 1):
            try:
                sent += _send_one(user_id, at, mail)
            except (smtplib.SMTPException, OSError) as error:
                mail.close()
                failed = f"{type(error).__name__}: {error}"
                logger.warning("The monthly report for %s was not taken: %s", user_id, failed)
            told(number)
    finally:
        mail.close()
    if failed:
        raise MailNotSent(f"{sent} of {len(ids)} went out; the server said: {failed}"[:300])
    return sent


def _month_of(at: datetime) -> date:
    return at.astimezone(zone_of(get_operator().time_zone)).date().replace(day=1)


def _send_one(user_id: UUID, at: datetime, mail: BaseEmailBackend) -> int:
    month = _month_of(at)
    try:
        user = get_user(user_id=user_id)
        reader = actor_of(user)
    except (UserUnknown, UserInactive):
        return 0
    made = compose_report(by=reader, language=user.language) if reader.may("insight.see") else None
    if made is None:  # nothing learnt yet, or no right any more
        return 0
    with transaction_of_use_case():
        row = MonthlyReader.objects.select_for_update(skip_locked=True).filter(user_id=user_id)
        if not row.exclude(sent_month__gte=month).exists():  # another worker has it, or he is no reader any more
            return 0
        mail.open()
        mail.send_messages([_message(reader, user, at, made, mail)])
        row.update(sent_month=month)
    return 1


def _message(reader: Actor, user: User, at: datetime, made: tuple[str, bytes], mail: BaseEmailBackend) -> EmailMessage:
    tongue = user.language
    name, content = made
    house = get_operator().name
    cover = get_chapter(by=reader, key="cover", language=tongue)
    _numbers, advice = read_cover(cover.blocks) if cover else ([], [])
    day = formats.plain_date(cover.refresh.as_of if cover else at, tongue)
    lines = [
        say(tongue, "The chapters on the customers of {house}, as a PDF.", house=house), "",
        *(f"{place}. {one.title}: {one.reason}" for place, one in enumerate(advice[:ADVICE_TOLD], 1)), "",
        f"{settings.BASE_URL}/console/insight/",
        say(tongue, "You asked for this each month; you can stop it on that page."),
    ]  # fmt: skip
    subject = say(tongue, "{house}: customers and loyalty, up to {day}", house=house, day=day)
    message = EmailMessage(
        subject=" ".join(subject.split()), body="\n".join(lines), from_email=settings.DEFAULT_FROM_EMAIL,
        to=[user.email], headers={"Auto-Submitted": "auto-generated", "Content-Language": tongue}, connection=mail,
    )  # fmt: skip
    message.attach(name, content, "application/pdf")
    return message
