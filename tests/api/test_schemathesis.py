"""The API does what its OpenAPI file says, for requests that nobody would think of.

No answer is a 5xx; status, media type, headers and body are those described; what the file does not allow is refused;
no address but the description answers without a key; methods that are not described are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks

from fidelia.programme.models import Enrolment

from .caller import Caller, basket
from .test_checkouts import basket as checkout_basket

# What the file allows may still be refused: an unknown currency, a card that nobody has, a total that differs.
load_all_checks()
NOT_PROMISED = CHECKS.get_by_names(["positive_data_acceptance"])
KNOWN: dict[str, list[str]] = {}
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CHECKOUT_NUMBER = re.compile(r"[A-Za-z0-9._~@-]{1,80}")
# Refusing is answering 4xx, or 413 where a body breaks the limit of its bytes before that of its rows.
REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "411", "413", "415", "422"]
SCHEMA = schemathesis.openapi.from_wsgi(
    "/api/v1/openapi.json",
    WSGIHandler(),
    config=schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}),
)


@SCHEMA.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Half of the ids are of something that exists, or few requests would come further than 404.

    What the description does not allow stays as it is: mended, it would be accepted, and that held against us.
    """
    for name, value in (path_parameters or {}).items():
        known = KNOWN.get(name)
        if not known or path_parameters is None:
            continue
        if UUID_TEXT.fullmatch(str(value)) and str(value)[-1] in "02468ace":
            path_parameters[name] = known[int(str(value)[-1], 16) // 2 % len(known)]
        elif name == "number" and CHECKOUT_NUMBER.fullmatch(str(value)) and len(str(value)) % 2:
            path_parameters[name] = known[len(str(value)) // 2 % len(known)]
    return path_parameters


@pytest.fixture
def caller(florestan: Enrolment) -> Iterator[Caller]:
    caller = Caller()
    sale = caller.post("/purchases", basket()).json()
    caller.post("/products", {"products": [{"code": "mug"}]})
    for number in ("open", "closed", "cancelled"):
        caller.put(f"/checkouts/{number}", checkout_basket())
    caller.post("/checkouts/closed/closure", {})
    caller.post("/checkouts/cancelled/cancellation", {})
    KNOWN.update(
        customer_id=[str(florestan.customer_id)], enrolment_id=[str(florestan.id)], purchase_id=[sale["id"]],
        code=["mug"], slug=["cercle"], number=["open", "closed", "cancelled"],
    )  # fmt: skip
    # A server closes its connection after a request, and with it the transaction of the test. (Django's own client puts
    # this receiver back after each call, so it goes last.)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield caller
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    KNOWN.clear()


def check(case: schemathesis.Case, caller: Caller) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {caller.text}"}, excluded_checks=NOT_PROMISED)


HEALTH = [
    HealthCheck.function_scoped_fixture,
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
]


@SCHEMA.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=HEALTH,
    phases=(Phase.explicit, Phase.generate),
)
def test_it_keeps_to_its_description(case: schemathesis.Case, caller: Caller) -> None:
    check(case, caller)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@SCHEMA.parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=HEALTH)
def test_it_keeps_to_its_description_for_long(case: schemathesis.Case, caller: Caller) -> None:
    check(case, caller)
