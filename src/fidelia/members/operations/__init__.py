"""The verbs of members. Each is the first thing somebody does who is nobody yet: what they hold is the right."""

from .codes import Asked, ask_address_code, ask_code, confirm_address, enter_code, forget_old_codes
from .sessions import NewSession, end_session, open_by_link, open_session, use_session

__all__ = [
    "Asked",
    "NewSession",
    "ask_address_code",
    "ask_code",
    "confirm_address",
    "end_session",
    "enter_code",
    "forget_old_codes",
    "open_by_link",
    "open_session",
    "use_session",
]
