"""Racing for the last requests of a minute: the limit holds whatever the number of connections."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connection

from fidelia.access.errors import RateLimited
from fidelia.access.operations import admit, issue_key
from tests.cast import AT, SYSTEM


@pytest.mark.django_db(transaction=True)
def test_eight_connections_share_one_limit() -> None:
    key = issue_key(by=SYSTEM, at=AT, name="Tills", rights=["store.see"], limit_per_minute=50)
    seen: Counter[str] = Counter()
    start = threading.Barrier(8)

    def ask_twenty_times() -> None:
        start.wait()
        for _ in range(20):
            try:
                admit(key_text=key.text, cost=1, at=AT)
                seen["admitted"] += 1
            except RateLimited:
                seen["limited"] += 1
        connection.close()

    threads = [threading.Thread(target=ask_twenty_times) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"admitted": 50, "limited": 110}
