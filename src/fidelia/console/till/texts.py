"""What the page of the till says by itself, in the cashier's language: its script knows no words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def page_texts() -> dict[str, str]:
    """Return the texts by name; `{…}` stands for what the script fills in."""
    return _of_the_sale() | _of_what_comes_back() | _of_the_rest()


def _of_the_sale() -> dict[str, str]:
    return {
        "online": _("on line"),
        "offline": _("off line"),
        "offline_bar": _("Off line. Sales are kept here and sent by themselves; points are promised to the member."),
        "waiting_one": _("1 sale waits to be sent."),
        "waiting_many": _("{n} sales wait to be sent."),
        "sent_one": _("1 sale sent"),
        "sent": _("{n} sales sent"),
        "till_n": _("Till {till}"),
        "not_member": _("Not a member"),
        "member_since": _("Member since {year}"),
        "from_cache": _("From this till’s memory, as of {time}"),
        "worth": _("worth {money}"),
        "expire": _("{points} expire in {days} days"),
        "to_say": _("To say:"),
        "nobody": _("No member: nothing is earned. F2 to scan a card, F6 to sign up."),
        "none_found": _("Nobody and nothing is called “{text}”."),
        "none_found_offline": _("Off line, and not in this till’s memory: the card is kept with the sale."),
        "choose": _("Which of them?"),
        "hand_out": _("Hand this card out: it earns at once, and its points wait for their member"),
        "handed_out": _("The card is handed out. F6 registers it, now or another day."),
        "registered": _("{name} is a member now, with all points of the card."),
        "code_sent": _("So many points need the member’s yes. A code was sent to {to}: ask for its digits."),
        "no_offers": _("Offers show once the basket has an article."),
        "offers_offline": _("Off line: offers and points are reckoned when the sale is sent."),
        "articles_none": _("empty"),
        "articles_one": _("1 article"),
        "articles_many": _("{n} articles"),
        "remove": _("Remove {name}"),
        "quantity_of": _("Quantity of {name}"),
        "price_of": _("Price of {name}"),
        "earned": _("Points earned by this purchase"),
        "promised": _("Points are promised"),
        "closed": _("Purchase closed"),
        "closed_offline": _("Kept at this till"),
        "closed_again": _("This purchase is closed already: the same receipt."),
        "closed_facts": _("Receipt {number} · {money}"),
        "closed_points": _("{points} earned"),
        "next_sale": _("Scan or press F2 for the next one."),
        "empty_basket": _("The basket is empty."),
        "price_needed": _("Type the price of {name}."),
        "line_wrong": _("Quantities and prices are numbers above zero."),
    }


def _of_what_comes_back() -> dict[str, str]:
    return {
        "undone": _("The sale is cancelled: {money} to give back, {points}."),
        "undo_what": _(
            "All of sale {number} is undone: the money is given back, points are taken back, coupons are free again, "
            "and what was paid by points or gift card returns to it."
        ),
        "reason_missing": _("Say why: the reason is kept with your name."),
        "brought_back": _("Goods of receipt {number}"),
        "exchange_begun": _("Now scan what is taken instead: F12 closes both on one receipt."),
        "exchange_empty": _("Nothing is taken instead: F7 takes goods back."),
        "exchange_facts": _("Goods back: {money}"),
        "to_pay": _("To pay"),
        "to_give_back": _("To give back"),
        "even": _("Nothing to pay"),
        "due_facts": _("{money} to pay"),
        "refund_facts": _("{money} to give back"),
        "on_line_only": _(
            "Gift cards are sold and goods exchanged on line only. Nothing is lost: press F12 again once the network "
            "is back, or take them out of the basket."
        ),
    }


def _of_the_rest() -> dict[str, str]:
    return {
        "failed": _("This was not done: {reason}"),
        "signed_out": _("The session has ended. Log in again: nothing that waits is lost."),
        "log_in": _("Log in"),
        "joined": _("{name} is a member now."),
        "sale_not_found": _("No sale has this receipt number."),
        "sale_facts": _("{date} · {money}"),
        "left": _("{n} left of {of}"),
        "all_back": _("all of it came back"),
        "nothing_back": _("Say how much of which line comes back."),
        "back_done": _("Taken back: {money} to give back, {points}."),
        "gift_card": _("Gift card"),
        "gift_card_n": _("Gift card {code}"),
        "gift_card_charged": _("Gift card {code}, charged again"),
        "gift_card_drawn": _("its number is on the receipt"),
        "gift_card_known": _("This card was sold before: the amount is put onto it."),
        "gift_card_sold": _("Gift card {code}: {money}"),
        "gift_card_no": _("You may not sell gift cards."),
        "was_closed": _("This purchase was closed already, as it was sent first: the answer had been lost."),
        "needs_network": _("This needs the network: try again on line."),
        "problem_none": _("Everything was sent."),
        "problem_row": _("Receipt {number}, {money}: {reason}"),
        "retry": _("Send again"),
        "put_aside": pgettext("till", "Put aside"),
        "applied_alone": _("This offer acts by itself: nothing to choose."),
        "cancelled": _("The sale is cancelled. Nothing was recorded."),
        "gift": _("gift"),
        "without_points": _("No points are used. Look at what is to pay, and press F12 again."),
        "total_changed": _("What is to pay has changed meanwhile. Look at it, and press F12 again."),
        "cancel_again": _("Esc once more cancels the sale."),
        "renumbered": _("The receipt has number {number} now."),
    }
