"""Where a request comes from: what our own proxies added, and never what the asker wrote before."""

from __future__ import annotations

import pytest

from fidelia.kernel.addresses import network_address


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        ("", 0, "10.0.0.1"),
        ("203.0.113.9", 0, "10.0.0.1"),  # nobody stands in front: the header is anybody's word
        ("203.0.113.9", 1, "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", 1, "203.0.113.9"),  # made up by the asker
        ("1.1.1.1, 203.0.113.9, 192.0.2.8", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "10.0.0.1"),  # a proxy is missing: whom it asked for is not known
        (" , ", 1, "10.0.0.1"),
    ],
)
def test_it_is_what_the_outermost_of_our_proxies_saw(forwarded: str, proxies: int, expected: str) -> None:
    assert network_address("10.0.0.1", forwarded, proxies) == expected
