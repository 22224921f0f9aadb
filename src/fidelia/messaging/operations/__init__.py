"""The verbs of messaging. Read `send_message` first, then `deliver_next`."""

from .defaults import POINTS_EARNED
from .delivering import Outcome, deliver_next, recover_abandoned
from .queueing import MessageRequest, forget_addressees, queue_messages, send_message, withdraw_messages
from .templates import check_texts, install_default_templates, write_template
from .texting import deliver_next_text, may_be_texted, take_receipt, take_text
from .unsubscribing import unsubscribe

__all__ = [
    "POINTS_EARNED",
    "MessageRequest",
    "Outcome",
    "check_texts",
    "deliver_next",
    "deliver_next_text",
    "forget_addressees",
    "install_default_templates",
    "may_be_texted",
    "queue_messages",
    "recover_abandoned",
    "send_message",
    "take_receipt",
    "take_text",
    "unsubscribe",
    "withdraw_messages",
    "write_template",
]
