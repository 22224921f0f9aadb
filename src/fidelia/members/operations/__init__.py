"""The verbs of members. Each is the first thing somebody does who is nobody yet: what they hold is the right."""

from .codes import Asked, ask_address_code, ask_code, confirm_address, enter_code, forget_old_codes
from .finishing import finish_left_sign_ups, finish_sign_up
from .joining import Agreed, Joined, Newcomer, ask_to_join, join
from .sessions import NewSession, end_session, open_by_link, open_by_sign_up, open_session, use_session
from .spending import CodeProof, SpendingCode, ask_spending_code

__all__ = [
    "Agreed",
    "Asked",
    "CodeProof",
    "Joined",
    "NewSession",
    "Newcomer",
    "SpendingCode",
    "ask_address_code",
    "ask_code",
    "ask_spending_code",
    "ask_to_join",
    "confirm_address",
    "end_session",
    "enter_code",
    "finish_left_sign_ups",
    "finish_sign_up",
    "forget_old_codes",
    "join",
    "open_by_link",
    "open_by_sign_up",
    "open_session",
    "use_session",
]
