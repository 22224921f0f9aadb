"""What there is to give away: pieces in all, given, set aside, left."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.errors import Denied, FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.queries import list_stores
from fidelia.programme.models import Programme
from fidelia.programme.queries import see_programmes
from fidelia.rewards.operations import add_stock, set_pieces
from fidelia.rewards.queries import get_stock, list_stock
from fidelia.rewards.queries.stock import StockRow

from ..pages import ConsoleRequest, show, signed_in
from ..refusals import put_on, sentence_of
from ..speech import Speech, speech_of
from .forms import PiecesForm, StockForm


@signed_in
def stock(request: ConsoleRequest) -> HttpResponseBase:
    by, speech = request.actor, speech_of(clock.now())
    stores = {store.id: store.name for store in list_stores(by=by.lent("store.see"))}
    rows = [_row(by, one, stores, speech) for one in list_stock(by=by, at=speech.now)]
    return show(request, "console/rewards/stock.html", {"rows": rows, "may_add": bool(_programmes(by))})


@signed_in
def new(request: ConsoleRequest) -> HttpResponseBase:
    by = request.actor
    if not by.may_somewhere("stock.change"):
        by.require("stock.change")
    programmes = {str(one.id): one for one in _programmes(by)}
    choices = [(id, one.name.in_language(get_language() or "en")) for id, one in programmes.items()]
    form = StockForm(request.POST or None, programmes=choices)
    if request.method == "POST" and form.is_valid() and _add(by, form, programmes):
        messages.success(request, _("It may be given away now. Rules name it by its key."))
        return redirect("console:stock")
    return show(request, "console/rewards/stock_form.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@signed_in
def pieces(request: ConsoleRequest, stock_id: UUID) -> HttpResponseBase:
    """Say how many pieces there are in all."""
    form = PiecesForm(request.POST)
    own = get_stock(by=request.actor.lent("stock.see"), at=clock.now(), stock_id=stock_id).stock
    if form.is_valid():
        try:
            set_pieces(by=request.actor, at=clock.now(), stock_id=own.id, pieces=form.cleaned_data["pieces"])
            messages.success(request, _("The number of pieces is kept."))
        except Denied:
            raise
        except FideliaError as refusal:
            messages.error(request, sentence_of(refusal))
    else:
        messages.error(request, _("A number of pieces is zero or more."))
    return redirect("console:stock")


def _add(by: Actor, form: StockForm, programmes: dict[str, Programme]) -> bool:
    given, programme = form.cleaned_data, programmes[form.cleaned_data["programme"]]
    try:
        add_stock(
            by=by, at=clock.now(), programme=programme, key=given["key"], pieces=given["pieces"],
            name=LocalizedText(en=given["name_en"], fr=given["name_fr"]), product_code=given["product_code"],
            partner_id=programme.partner_id,
        )  # fmt: skip
    except Denied:
        raise
    except FideliaError as refusal:
        put_on(form, refusal)
        return False
    return True


def _programmes(by: Actor) -> list[Programme]:
    found = see_programmes(by=by.lent("programme.see"))
    return [one for one in found if by.may("stock.change", Scope(one.partner_id))]


def _row(by: Actor, row: StockRow, stores: dict[UUID, str], speech: Speech) -> dict[str, Any]:
    one = row.stock
    return {
        "stock": one,
        "name": one.name.in_language(speech.language),
        "store": stores.get(one.store_id, "") if one.store_id else "",
        "given": speech.number(row.given),
        "reserved": speech.number(row.reserved),
        "left": None if row.left is None else speech.number(row.left),
        "is_out": row.left == 0,
        "dialog": f"f-pieces-{one.id}",
        "form": PiecesForm(initial={"pieces": one.pieces}),
        "may_change": by.may("stock.change", Scope(one.partner_id, one.store_id)),
    }
