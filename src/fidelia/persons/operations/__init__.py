"""What is done to persons as wholes: what they ask about their data, and records of them that become one."""

from .erasing import carry_out_erasure
from .merging import Merge, merge_customers
from .requests import NOTE_LENGTH_MAX, answer_request, ask_erasure, withdraw_request

__all__ = [
    "NOTE_LENGTH_MAX",
    "Merge",
    "answer_request",
    "ask_erasure",
    "carry_out_erasure",
    "merge_customers",
    "withdraw_request",
]
