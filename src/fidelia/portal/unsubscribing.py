"""The page behind the link in each message by which a customer refuses more of them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from fidelia.kernel.clock import now
from fidelia.messaging.errors import MalformedToken
from fidelia.messaging.operations import unsubscribe
from fidelia.messaging.queries import read_unsubscribe_token

ONE_CLICK = "One-Click"


# The mail system's one-click POST (RFC 8058) has no cookie and no form token; the signed address is the right.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is refused; refuse it on a POST alone, for scanners of mail systems follow every link."""
    try:
        _customer_id, purpose, _channel = read_unsubscribe_token(token)
        if request.method == "POST":
            is_one_click = request.POST.get("List-Unsubscribe") == ONE_CLICK
            unsubscribe(at=now(), token=token, source="one-click header" if is_one_click else "unsubscribe page")
    except MalformedToken:
        return render(request, "portal/unsubscribe.html", {"state": "malformed"}, status=404)
    state = "done" if request.method == "POST" else "asked"
    response = render(request, "portal/unsubscribe.html", {"state": state, "is_marketing": purpose == "marketing"})
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is a key
    response.headers["Cache-Control"] = "no-store"
    return response
