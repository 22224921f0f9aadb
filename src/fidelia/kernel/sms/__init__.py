"""Text messages: the port `fidelia.channels`, the gateways that come with the product, and how long a text is.

`find_gateway` gives the one that the settings name. A package brings another as an entry point, and runs
`contract.check_gateway` against it.
"""

from .finding import BrokenGateway, find_gateway, is_sms_open
from .parts import Parts, count_parts, plain_marks
from .port import Handed, Inbound, Receipt, Sms, SmsGateway, SmsLater, SmsRefused, SmsUnavailable

__all__ = [
    "BrokenGateway",
    "Handed",
    "Inbound",
    "Parts",
    "Receipt",
    "Sms",
    "SmsGateway",
    "SmsLater",
    "SmsRefused",
    "SmsUnavailable",
    "count_parts",
    "find_gateway",
    "is_sms_open",
    "plain_marks",
]
