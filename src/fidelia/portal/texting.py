"""What a gateway of text messages calls back with: a telephone that says STOP, and what became of a text.

The address holds a secret of the environment, for most providers can call an address and nothing finer. Some call by
GET; nobody else knows the address, and it stands in no page.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from fidelia.kernel.actor import Actor
from fidelia.kernel.clock import now
from fidelia.kernel.sms import SmsGateway, find_gateway
from fidelia.messaging.operations import take_receipt, take_text


@csrf_exempt
@require_http_methods(["GET", "POST"])
def inbound(request: HttpRequest, secret: str) -> HttpResponse:
    """Take a text that a telephone sent us."""
    said = _gateway(secret).read_inbound(_told(request))
    if said is not None:
        take_text(at=now(), inbound=said)
    return HttpResponse(status=204)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def receipts(request: HttpRequest, secret: str) -> HttpResponse:
    """Take a report of a text that went out; one that says nothing new is taken all the same."""
    receipt = _gateway(secret).read_receipt(_told(request))
    if receipt is not None:
        take_receipt(by=Actor.system("gateway of text messages"), at=now(), receipt=receipt)
    return HttpResponse(status=204)


def _gateway(secret: str) -> SmsGateway:
    expected, gateway = settings.SMS_CALLBACK_SECRET, find_gateway()
    if gateway is None or not expected or not hmac.compare_digest(expected.encode(), secret.encode()):
        raise Http404
    return gateway


def _told(request: HttpRequest) -> Mapping[str, Any]:
    """Return what was posted as JSON or a form, or asked in the address; nothing for what cannot be read."""
    if request.content_type == "application/json":
        try:
            told = json.loads(request.body)
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {"items": told}
    return {**request.GET.dict(), **request.POST.dict()}
