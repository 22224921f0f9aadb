"""/programmes/…/document, /programme-plans and /programme-drafts: a programme as a file that lives in git."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fidelia.insight.operations.planning import plan_text
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.programme.errors import UnknownVersion
from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.operations import (
    apply_text,
    ask_approval_of_version,
    export_text,
    find_programme,
    read_programme_text,
)
from fidelia.programme.queries import get_version, see_programme, version_in_force
from fidelia.programme.queries.approvals import approval_of
from fidelia.rules.documents import place_of

from .answers import answer
from .exchange import exchange_of
from .idempotency import idempotency_key
from .schemas.programme_documents import (
    ApprovalIn,
    ApprovalOut,
    DocumentOut,
    DocumentQuery,
    DraftIn,
    DraftOut,
    PlanIn,
    PlanOut,
    approval_out,
)

documents = Router(tags=["programmes"])
plans = Router(tags=["programmes"])
drafts = Router(tags=["programmes"])


@documents.get(
    "/{slug:slug}/document",
    response=DocumentOut,
    summary="A programme as its document",
    operation_id="get_programme_document",
)
def get_document(request: HttpRequest, slug: str, asked: Query[DocumentQuery]) -> HttpResponse:
    """The version named, or the one in force. Needs the right programme.see."""
    exchange = exchange_of(request)
    programme = see_programme(by=exchange.by, slug=slug)
    version = (
        get_version(programme, int(asked.version))
        if asked.version is not None
        else version_in_force(programme, exchange.at)
    )  # fmt: skip
    if version is None:
        raise UnknownVersion("No version is in force.")
    text = export_text(by=exchange.by, version=version)
    return answer(DocumentOut(programme=slug, version=version.number, text=text))


@documents.post(
    "/{slug:slug}/versions/{int:number}/approval",
    response={201: ApprovalOut},
    summary="Put a draft forward",
    operation_id="ask_approval_of_version",
)
def ask_approval(request: HttpRequest, slug: str, number: int, body: ApprovalIn) -> HttpResponse:
    """Another person who may publish reads it in the console and decides; asked again, it is asked once. Needs
    programme.draft.
    """
    exchange = exchange_of(request)
    idempotency_key(request)
    version = _drafted(exchange.by, slug, number)
    found = ask_approval_of_version(by=exchange.by, at=exchange.at, version=version, note=body.note)
    return answer(approval_out(version, found), 201)


@documents.get(
    "/{slug:slug}/versions/{int:number}/approval",
    response=ApprovalOut,
    summary="What a second person said of a version",
    operation_id="get_approval_of_version",
)
def get_approval(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Of the text as it stands now. Needs programme.see."""
    version = get_version(see_programme(by=exchange_of(request).by, slug=slug), number)
    return answer(approval_out(version, approval_of(version)))


def _drafted(by: Actor, slug: str, number: int) -> ProgrammeVersion:
    """Return a version to one who may draft, whether or not they may see the programme too."""
    lent = by.lent("programme.see") if by.may_somewhere("programme.draft") else by
    return get_version(see_programme(by=lent, slug=slug), number)


@plans.post("", response=PlanOut, summary="Plan a document", operation_id="plan_programme")
def plan(request: HttpRequest, body: PlanIn) -> HttpResponse:
    """What the document would change, cost and break; with `backtest`, over all history, which takes its time.

    Nothing is written to the programme. Needs the right programme.see.
    """
    exchange = exchange_of(request)
    with _placed(body.text):
        _check_seen(exchange.by, body.text, body.programme)
        found = plan_text(by=exchange.by, at=exchange.at, text=body.text, slug=body.programme, replays=body.backtest)
    return answer(PlanOut.model_validate(found))


@drafts.post("", response={201: DraftOut}, summary="Draft a document", operation_id="draft_programme")
def draft(request: HttpRequest, body: DraftIn) -> HttpResponse:
    """Write the document as the programme's next draft; sent again, it is the same draft. Needs programme.draft."""
    exchange = exchange_of(request)
    idempotency_key(request)
    with _placed(body.text):
        _check_seen(exchange.by, body.text, body.programme)
        version = apply_text(by=exchange.by, at=exchange.at, text=body.text, slug=body.programme, note=body.note)
    return answer(DraftOut(programme=version.programme.slug, number=version.number, state=version.state), 201)


@contextmanager
def _placed(text: str) -> Iterator[None]:
    """Tell of a refusal where in the text it points, as an editor counts: `text_line` and `text_column`, from 1."""
    try:
        yield
    except FideliaError as refusal:
        place = place_of(text, refusal)
        if place is not None:
            refusal.details |= {"text_line": place.line, "text_column": place.column}
        raise


def _check_seen(by: Actor, text: str, slug: str) -> None:
    """A programme that a key may not see is not there: nor is a live one for a test key."""
    programme = find_programme(read_programme_text(text), slug)
    if programme is not None:
        see_programme(by=by.lent("programme.see") if by.may_somewhere("programme.draft") else by, slug=programme.slug)
