"""Record what a till kept while it was off line: a receipt that is recorded already, just like this, is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied, FideliaError

from ..models import Purchase
from .lone_returns import record_lone_return
from .purchases import Recorded, record_purchase
from .requests import PurchaseRequest, ReturnRequest, hash_of_request
from .returns import record_return


@dataclass(frozen=True, slots=True)
class Queued:
    """A purchase, a return that names its receipt, or one that stands alone (`is_lone`), of a stream of receipts."""

    request: PurchaseRequest | ReturnRequest
    source: str
    is_lone: bool = False

    @property
    def is_return(self) -> bool:
        return self.is_lone or isinstance(self.request, ReturnRequest)


def record_queued(*, by: Actor, at: datetime, queued: Queued) -> Recorded:
    """Record one row of a queue, as `record_purchase`, `record_return` or `record_lone_return` do.

    A till that lost the answer may send a receipt again under another key: the same receipt with the same content is
    known, and answered with what was recorded. With other content it is refused. Raises what those verbs raise.
    """
    try:
        return _record(by, at, queued)
    except Denied:
        raise
    except FideliaError:  # not only ReceiptKnown: what came back whole, say, refuses to come back again before that
        known = _find_same(queued)
        if known is None:
            raise
        return Recorded(known.purchase_id, is_replay=True)


def _record(by: Actor, at: datetime, queued: Queued) -> Recorded:
    request, source = queued.request, queued.source
    if isinstance(request, ReturnRequest):
        return record_return(by=by, at=at, request=request, source=source)
    if queued.is_lone:
        return record_lone_return(by=by, at=at, request=request, source=source)
    return record_purchase(by=by, at=at, request=request, source=source)


def _find_same(queued: Queued) -> Purchase | None:
    kind = Purchase.Kind.RETURN if queued.is_return else Purchase.Kind.SALE
    known = Purchase.objects.filter(
        receipt_number=queued.request.receipt_number, source=queued.source, kind=kind
    ).first()
    is_same = known is not None and bytes(known.request_hash) == _hash_of(queued)
    return known if is_same else None


def _hash_of(queued: Queued) -> bytes:
    request, source = queued.request, queued.source
    if isinstance(request, ReturnRequest):
        return hash_of_request("return", request, source)
    return hash_of_request("lone return" if queued.is_lone else "sale", request, source)
