"""What a person seldom meets, by code: refusals that end a whole page or a job rather than mark a field."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Mapping[str, str | Promise] = {
    # anything
    "refused": _("The state of things does not allow this. Nothing was changed."),
    "invalid": _("Something in the request cannot be such. Nothing was changed."),
    "not_found": _("There is nothing here, or it is not yours to see."),
    "incident": _("The mistake is ours. Nothing was changed."),
    "error": _("The mistake is ours. The words of the system are kept with it."),
    "request_repeated": _("This was done already; it was not done twice."),
    "idempotency_key_reused": _("The form was sent before with other values. Load the page again."),
    "malformed_moment": _("This is not a date with its time."),
    "malformed_cursor": _("The list has changed: begin at its first page."),
    "unknown_preference": _("This is not a choice that is offered."),
    "unknown_language": _("A language is French or English."),
    "too_many_look_ups": _(
        "Very many members were looked up from this account within an hour. Wait a minute; what is sold goes on "
        "without the card, and can be claimed with the receipt."
    ),
    "too_many_rows": _("These are too many rows at once."),
    "too_many_chosen": _("At most 1,000 customers are chosen one by one: choose the whole list instead."),
    # the portal for members, and what people ask about their own data
    "wrong_code": _("These are not the digits that were sent."),
    "code_over": _("This code is over."),
    "confirmation_needed": _(
        "So many points need the code that the member is sent: at the till, or on their own pages."
    ),
    "no_points": _("A code is for the spending of some points."),
    "nowhere_to_send": _("The member has no address to which a code could go."),
    "link_over": _("This link is over."),
    "not_this_person": _("This address does not open these pages."),
    "unknown_session": _("There is no such device."),
    "unknown_request": _("There is no such request."),
    "request_over": _("This request was answered before."),
    "answer_missing": _("Say in up to 500 characters what was done, or why not."),
    "poor_contrast": _("Text in this color would be hard to read: the contrast is under 4.5."),
    "malformed_color": _("A color is written # and six hexadecimal digits, such as #1F3D36."),
    "malformed_logo": _("A logo is a PNG, JPEG or WebP picture of at most 200 kB."),
    # checkouts and the till
    "expected_total_differs": _("What is to pay has changed meanwhile."),
    "wrong_checkout_state": _("This receipt number is taken, or this purchase is past that step."),
    "checkout_busy": _("This purchase is being worked on elsewhere. Try again in a moment."),
    "checkout_changed": _("This purchase was changed elsewhere meanwhile."),
    "no_terms_in_force": _("The programme has no rules in force at that moment."),
    "basket_too_large": _("This basket has too many lines."),
    "malformed_basket": _("A part of the basket cannot be such."),
    "reason_missing": _("Say why the sale is cancelled."),
    "unknown_till": _("This till is of no store where you sell."),
    "malformed_question": _("This page is older than the server. Load it again; what waits is not lost."),
    # users and views
    "user_unknown": _("There is no such user."),
    "view_unknown": _("You keep no such view."),
    "view_name_taken": _("You keep a view of this name already."),
    "malformed_view": _("A view has a name of 1 to 60 characters, and you keep at most 12 of a list."),
    "role_taken": _("There is a role of this name already."),
    "role_not_granted": _("This role is not held there."),
    "approval_unknown": _("There is no such approval."),
    "no_such_key": _("There is no such key."),
    # the invented shop
    "demo_unfinished": _(
        "The invented shop was begun here and not finished. On the server: fidelia stop, then fidelia demo --remove."
    ),
    "not_empty": _("This installation holds data already: the invented shop wants an empty one."),
    # network
    "operator_not_set_up": _("Name your shops first: who runs this installation, its country, money and language."),
    "operator_already_set_up": _("Who runs this installation is named already."),
    "partner_unknown": _("There is no such company."),
    "banner_unknown": _("There is no such banner."),
    "store_unknown": _("There is no such store."),
    "store_closed": _("This store is closed already."),
    "store_code_ambiguous": _("Several banners have a store of this code: name the banner too."),
    "closed_before_opened": _("A store closes after it has opened."),
    "unknown_channel": _("A store is a shop, a web shop or a telephone desk."),
    # customers
    "unknown_identity": _("This customer does not hold this card or number."),
    "unknown_contact_point": _("There is no such address of this customer."),
    "unknown_fact": _("A customer has no such fact."),
    "unknown_trait": _("There is no such trait."),
    "wrong_trait_value": _("This value is of another type than the trait."),
    "malformed_act": _("Say what is to be done, how much and why."),
    "nothing_to_undo": _("There is nothing of this job to take back."),
    "not_a_member": _("This customer is not a member of the programme."),
    "segment_follows": _("This segment follows its condition: nobody is put into it by hand."),
    "malformed_field_key": _("A key is lower-case letters, digits and underscores, such as skin_type."),
    "unknown_field": _("There is no such custom field."),
    "wrong_field_value": _("The field does not take this value."),
    "field_type_fixed": _("Customers have values of this type or choice already: it stays."),
    "too_many_fields": _("60 custom fields are the most: retire one first."),
    "trait_type_fixed": _("The type of a trait never changes."),
    "unknown_purpose": _("Consent is asked for no such purpose."),
    # products and purchases
    "unknown_product": _("There is no such product."),
    "malformed_product": _("A product has a code, and its texts are not too long."),
    "unknown_purchase": _("There is no such purchase."),
    "receipt_known": _("This receipt was recorded already."),
    "more_than_bought": _("This is more than was bought."),
    "returned_before_bought": _("This is dated before the purchase."),
    "not_a_sale": _("Only a purchase can be given back."),
    "total_differs": _("The lines do not add up to the total."),
    "wrong_currency": _("The currency is not that of the programme."),
    "occurred_in_future": _("This is dated in the future."),
    # programme and ledger
    "slug_taken": _("Another programme has this short name."),
    "already_enrolled": _("This customer is a member already."),
    "enrolment_ended": _("This membership has ended."),
    "unknown_enrolment": _("There is no such membership."),
    "unknown_account": _("There is no such account of points."),
    "unknown_posting": _("There is no such movement of points."),
    "already_reversed": _("This movement was reversed already."),
    "not_reversible": _("This movement cannot be reversed."),
    "points_spent": _("These points were used already."),
    "more_than_held": _("This is more than was put aside."),
    "hold_gone": _("These points are no longer put aside."),
    "account_not_empty": _("There are points on this account."),
    # jobs and files
    "job_unknown": _("There is no such job."),
    "job_kind_unknown": _("This release knows no such job."),
    "file_unknown": _("There is no such file, or it was deleted: files are kept for 30 days."),
    "content_lost": _("The file is no longer where it was kept."),
    "store_full": _("There is no room left on the disk; nothing was kept. Tell your administrator."),
    "store_unreachable": _("The place where files are kept does not answer. Try again in a moment."),
    # insight and messages
    "window_out_of_bounds": _("A window has at least one day and at most ten years."),
    "too_few_people": _("These are too few people to learn from."),
    "unknown_template": _("There is no such template."),
    "malformed_template": _("The template cannot be read."),
    "unknown_message": _("There is no such message."),
}
