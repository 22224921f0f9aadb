"""The catalog of rewards: what members may choose, what of it is left, and one reward with its picture."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.files.operations import keep_file
from fidelia.files.queries import open_file
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.programme.models import Programme
from fidelia.programme.queries import see_programmes
from fidelia.rewards.models import Reward
from fidelia.rewards.operations import add_reward, change_reward, end_reward
from fidelia.rewards.queries import get_reward, list_redemptions, list_rewards
from fidelia.rewards.queries.catalog import Offered, offer
from fidelia.ui.formats import minor_points
from fidelia.ui.pictures import read_picture

from ..pages import ConsoleRequest, show, signed_in
from ..refusals import put_on
from ..speech import Speech, speech_of
from .reward_form import RewardForm, terms_of
from .words import kind_word, money_words, price_words, state_of

CHOSEN_SHOWN = 20


@signed_in
def rewards(request: ConsoleRequest) -> HttpResponseBase:
    by, speech = request.actor, speech_of(clock.now())
    found = list_rewards(by=by)
    rows = [_row(one, speech) for one in offer(found, at=speech.now)]
    rows.sort(key=lambda row: (row["is_over"], row["one"].points))
    waiting = len(list_redemptions(by=by, state="reserved"))
    context = {"rows": rows, "waiting": waiting, "may_add": bool(_programmes(by))}
    return show(request, "console/rewards/catalog.html", context)


@signed_in
def new(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    if not by.may_somewhere("reward.change"):
        by.require("reward.change")
    programmes = {str(one.id): one for one in _programmes(by)}
    form = RewardForm(request.POST or None, request.FILES or None, programmes=programmes)
    if request.method == "POST" and form.is_valid():
        programme = programmes[form.cleaned_data["programme"]]
        made = _write(by, form, programme)
        if made is not None:
            messages.success(request, _("The reward is in the catalog from its first day on."))
            return redirect("console:reward", reward_id=made.id)
    return show(request, "console/rewards/reward_form.html", {"form": form}, status=422 if form.errors else 200)


@signed_in
def reward(request: ConsoleRequest, reward_id: UUID) -> HttpResponseBase:
    by, speech = request.actor, speech_of(clock.now())
    one = get_reward(by=by, reward_id=reward_id)
    may_change = by.may("reward.change", Scope(one.partner_id)) and one.ended_at is None
    form = RewardForm(request.POST or None, request.FILES or None, own=one) if may_change else None
    if request.method == "POST" and form is not None and form.is_valid() and _write(by, form, one.programme, one):
        messages.success(request, _("The reward is changed. What was chosen before keeps its own terms."))
        return redirect("console:reward", reward_id=one.id)
    (row,) = offer([one], at=speech.now)
    chosen = [each for each in list_redemptions(by=by) if each.reward_id == one.id][:CHOSEN_SHOWN]
    context = _row(row, speech) | {
        "form": form,
        "chosen": [
            {"one": each, "points": price_words(each.reward, each.points, each.money), "state": state_of(each)}
            for each in chosen
        ],
    }
    return show(
        request, "console/rewards/reward.html", context, status=422 if form is not None and form.errors else 200
    )


@require_POST
@signed_in
def end(request: ConsoleRequest, reward_id: UUID) -> HttpResponseBase:
    own = get_reward(by=request.actor.lent("reward.see"), reward_id=reward_id)
    end_reward(by=request.actor, at=clock.now(), reward_id=own.id)
    messages.success(request, _("The reward has left the catalog. What was chosen is still handed over."))
    return redirect("console:reward", reward_id=own.id)


@signed_in
def picture(request: ConsoleRequest, reward_id: UUID) -> HttpResponseBase:
    """The picture alone; its type was checked when it was kept, and is not guessed by the browser."""
    one = get_reward(by=request.actor.lent("reward.see"), reward_id=reward_id)
    if one.picture_id is None:
        return HttpResponse(status=404)
    with open_file(one.picture_id) as stream:
        content = stream.read()
    known = read_picture(content)
    response = HttpResponse(content, content_type=known.content_type if known else "application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=300"
    return response


def _write(by: Actor, form: RewardForm, programme: Programme, own: Reward | None = None) -> Reward | None:
    """Return the reward as it was kept; None with the refusal on the form."""
    at = clock.now()
    try:
        picture_id = _keep_picture(by, form.cleaned_data["picture"], programme) or (own.picture_id if own else None)
        terms = terms_of(form, programme, picture_id)
        if own is not None:
            return change_reward(by=by, at=at, reward_id=own.id, terms=terms)
        return add_reward(
            by=by, at=at, programme=programme, key=form.cleaned_data["key"], terms=terms,
            partner_id=programme.partner_id,
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return None


def _keep_picture(by: Actor, file: Any, programme: Programme) -> UUID | None:
    if file is None:
        return None
    stream = BytesIO(file.read())
    kept = keep_file(
        by=by.lent("file.keep"), at=clock.now(), name=file.name or "picture", stream=stream,
        purpose="reward_picture", personal=False, scope=Scope(programme.partner_id),
    )  # fmt: skip
    return kept.id


def _row(row: Offered, speech: Speech) -> dict[str, Any]:
    one = row.reward
    is_over = "over" in row.reasons
    currency = one.programme.points_currency
    return {
        "one": one,
        "name": one.name.in_language(speech.language),
        "description": one.description.in_language(speech.language) if one.description else "",
        "kind": kind_word(one.kind),
        "price": price_words(one, one.points, one.money),
        "points": minor_points(one.points, currency.scale, speech.language),
        "worth": money_words(one.voucher_amount, one.programme.currency) if one.voucher_amount else "",
        "left": row.left,
        "is_out": row.left == 0,
        "is_over": is_over,
        "is_soon": "not_yet" in row.reasons,
        "programme": one.programme.name.in_language(speech.language),
    }


def _programmes(by: Actor) -> list[Programme]:
    found = see_programmes(by=by.lent("programme.see"))
    return [one for one in found if by.may("reward.change", Scope(one.partner_id))]
