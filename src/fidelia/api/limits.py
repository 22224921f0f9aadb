"""The headers that tell a caller how much it may still ask (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from fidelia.access.errors import RateLimited
from fidelia.access.operations import Admission

PERIOD = timedelta(minutes=1)


def admitted_headers(admission: Admission, at: datetime) -> dict[str, str]:
    """Return the headers of an admitted request."""
    return _headers(admission.limit, admission.remaining, admission.reset_at - at)


def limited_headers(error: RateLimited, at: datetime) -> dict[str, str]:
    """Return the headers of a request that came too soon."""
    wait = max(1, math.ceil((error.retry_at - at).total_seconds()))
    return {**_headers(error.limit, error.remaining, error.reset_at - at), "Retry-After": str(wait)}


def _headers(limit: int, remaining: int, until_whole: timedelta) -> dict[str, str]:
    seconds = max(0, math.ceil(until_whole.total_seconds()))
    return {
        "RateLimit-Policy": f'"key";q={limit};w={int(PERIOD.total_seconds())}',
        "RateLimit": f'"key";r={remaining};t={seconds}',
    }
