"""/custom-fields: the facts that a house keeps of its customers beside those of the product."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from fidelia.customers.operations import define_custom_field
from fidelia.customers.queries import custom_fields_by_key, list_custom_fields
from fidelia.kernel.idempotency import RequestRepeated

from .answers import answer
from .exchange import exchange_of
from .idempotency import request_key
from .schemas.customers import CustomFieldIn, CustomFieldOut, CustomFieldPage, FieldKey, custom_field_out

router = Router(tags=["customers"])


@router.get("", response=CustomFieldPage, summary="The custom fields", operation_id="list_custom_fields")
def list_(request: HttpRequest) -> HttpResponse:
    """Retired ones too. Needs the right customer.see."""
    by = exchange_of(request).by
    if not by.may_somewhere("customer.see"):
        by.require("customer.see")
    return answer(
        CustomFieldPage(data=[custom_field_out(field) for field in list_custom_fields(retired=True)], next=None)
    )


@router.put("/{key}", response=CustomFieldOut, summary="Declare a custom field", operation_id="define_custom_field")
def define(request: HttpRequest, key: Path[FieldKey], body: CustomFieldIn) -> HttpResponse:
    """Declare a field, or change its names, its choices, and whether it is offered. Needs customer.define_trait.

    Said again, nothing changes. Refused for another type, or a choice less, than customers have values of.
    """
    exchange, once = exchange_of(request), request_key(request)
    try:
        field = define_custom_field(
            by=exchange.by, at=exchange.at, key=key, type=body.type, label=body.label.text(), choices=body.choices,
            retired=body.retired, once=once,
        )  # fmt: skip
    except RequestRepeated:
        return answer(custom_field_out(custom_fields_by_key()[key]), replayed=True)
    return answer(custom_field_out(field))
