"""Questions of the till page and their answers, in JSON: who may ask, what is read, how a refusal is said."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import msgspec
from django.http import HttpRequest, JsonResponse
from django.utils import timezone, translation

from fidelia.access.queries import actor_of
from fidelia.kernel.errors import FideliaError, Invalid

from ..pages import ConsoleRequest, house_and_zone
from ..refusals import sentence_of

P = ParamSpec("P")
T = TypeVar("T")
Answer = dict[str, Any]


class MalformedQuestion(Invalid):
    """The page sent what the server does not understand: it is older than the server, or not our page."""

    default_code = "malformed_question"


def answers(
    view: Callable[Concatenate[ConsoleRequest, P], Answer],
) -> Callable[Concatenate[HttpRequest, P], JsonResponse]:
    """Answer those who are signed in, in their language; a refusal is `{code, message}` with its status."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> JsonResponse:
        if not request.user.is_authenticated:
            return _said({"code": "signed_out"}, 401)
        inside = cast(ConsoleRequest, request)
        inside.actor = actor_of(inside.user)
        inside.house, zone = house_and_zone()
        with translation.override(inside.user.language), timezone.override(zone):
            try:
                return _said(view(inside, *args, **kwargs), 200)
            except FideliaError as refusal:
                return _said(refusal_of(refusal), refusal.status)

    return guarded


def refusal_of(refusal: FideliaError) -> Answer:
    """Return a refusal as the page shows it."""
    return {"code": refusal.code, "message": sentence_of(refusal), "pointer": refusal.pointer or ""}


def read_question(request: HttpRequest, kind: type[T]) -> T:
    """Return the body as what it must be. Raises MalformedQuestion."""
    try:
        return msgspec.json.decode(request.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedQuestion(f"The page sent what is not understood here: {error}") from None


def _said(answer: Answer, status: int) -> JsonResponse:
    response = JsonResponse(answer, status=status)
    response["Cache-Control"] = "private, no-store"
    return response
