"""Refusals in the reader's language, at the field they are about.

A domain speaks English with a stable code; people read the sentence of the code here, or, for a code that no page of
the console can meet, the domain's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from fidelia.kernel.errors import FideliaError
from fidelia.rules.documents.refusals import document_refusal
from fidelia.ui.formats import is_french, typeset

from .refusals_general import SENTENCES as FALLBACKS
from .refusals_imports import SENTENCES as IMPORTS
from .refusals_imports import told_by_template
from .refusals_rewards import SENTENCES as REWARDS
from .refusals_steering import SENTENCES as STEERING

SENTENCES: Mapping[str, str | Promise] = {
    # customers
    "nameless_customer": _("Give a name, a card, an e-mail or a telephone number."),
    "malformed_email": _("This is not an e-mail address."),
    "malformed_phone": _("This is not a telephone number. Write the country code, as in +33 6 12 34 56 78."),
    "malformed_date": _("This is not a day on which someone alive was born."),
    "malformed_registration": _("This number is mistyped: its digits do not add up."),
    "malformed_country": _("A country is two letters, such as FR."),
    "malformed_identity": _("An identity is one line of at most 320 characters."),
    "identity_taken": _("This card already names another customer."),
    "account_not_settled": _("Points are held for something open, or owed: settle that first."),
    "two_pools": _("They are in two family pools: let one of them leave first."),
    "same_customer": _("A record is not merged into itself."),
    "customer_closed": _("This customer was erased or merged into another."),
    "text_too_long": _("This text is too long."),
    "unknown_choice": _("Choose one of the list."),
    "in_the_future": _("This is dated in the future."),
    # points
    "insufficient_points": _("There are not that many points to take back."),
    "account_closed": _("This account of points is closed."),
    "negative_not_allowed": _("This balance may not go below zero."),
    "malformed_points": _("Write an amount of points, such as 200 or -50."),
    # purchases
    "not_anonymous": _("This purchase is a member’s already."),
    "already_claimed": _("This purchase was given to a member already."),
    "claimed_too_late": _("This purchase is too old to be given to a member."),
    "bought_before_enrolment": _("It was bought before the day on which this member joined."),
    # users, roles, keys
    "email_taken": _("There is a user with this address already."),
    "password_too_weak": _("This password is too weak: at least 12 characters, not a common one, not your name."),
    "last_administrator": _("Somebody must remain who can administer this installation."),
    "role_already_granted": _("This role is held there already."),
    "role_unknown": _("There is no such role."),
    "right_unknown": _("No act asks for this right."),
    "user_inactive": _("This user was deactivated already."),
    "malformed_key_terms": _("A key has a name of 1 to 150 characters, a limit from 1 and an end in the future."),
    "key_revoked": _("This key is revoked already."),
    # network
    "code_taken": _("This code is used already."),
    "malformed_code": _("A code is lower-case letters, digits and dashes."),
    "malformed_name": _("A name has 1 to 150 characters."),
    "unknown_country": _("A country is two letters, such as FR."),
    "unknown_currency": _("A currency is three letters, such as EUR."),
    "unknown_time_zone": _("A time zone is written as Europe/Paris."),
    # jobs and events
    "job_has_ended": _("This job has ended already."),
    "job_not_resumable": _("There is nothing to resume."),
    "parked_behind_another": _("An earlier event of the same customer is parked: it comes first."),
    "not_parked": _("This event is no longer parked."),
    "unavailable": _("What this needs does not answer. Try again in a moment."),
}


# Refusals of the kernel, which knows no pointer.
FIELDS: Mapping[str, str] = {
    "unknown_time_zone": "time_zone",
    "unknown_currency": "currency",
    "unknown_country": "country",
}


def sentence_of(refusal: FideliaError, *, with_place: bool = True) -> str:
    """Return what a refusal says, in the reader's language: rules speak both, with the place in their own text."""
    own: Any = getattr(refusal, "sentence", None)
    if callable(own):
        language = get_language() or "en"
        return typeset(str(own(language)), language) + (_place_in_text(refusal) if with_place else "")
    return sentence_of_code(refusal.code, refusal.message)


def sentence_of_code(code: str, message: str) -> str:
    """Return what a stored refusal says, such as a job's: its code in the reader's language, else its own words."""
    known = SENTENCES.get(code) or IMPORTS.get(code) or told_by_template(message)
    if known:
        return str(known)
    translated = _t(message)
    if translated != message or not is_french(get_language() or "en"):
        return translated
    return typeset(document_refusal(message, "fr"), "fr") or str(
        STEERING.get(code)
        or REWARDS.get(code)
        or FALLBACKS.get(code)
        or _t("What the system says: %(words)s") % {"words": message}
    )


def _place_in_text(refusal: FideliaError) -> str:
    line, column = refusal.details.get("line"), refusal.details.get("column")
    if line is None or column is None:
        return ""
    return " " + _t("(line %(line)s, column %(column)s)") % {"line": line, "column": column}


def put_on(form: forms.Form, refusal: FideliaError, fields: Mapping[str, str] | None = None) -> None:
    """Show a refusal at its field: `fields` maps the beginning of its JSON pointer to the field of the form.

    Without a pointer, or one that no field answers to, it is said above the form.
    """
    pointer = refusal.pointer or ""
    named = {f"/{name}": name for name in form.fields} | dict(fields or {})
    field = next((name for start, name in named.items() if pointer.startswith(start)), FIELDS.get(refusal.code))
    field = field if field in form.fields else None
    form.add_error(field, sentence_of(refusal))
