"""The rule builder: blocks, text and words of one rule in step, lists changed and put back, nothing lost on the way."""

from __future__ import annotations

import copy
from html.parser import HTMLParser
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings

from fidelia.console.rules.effect_forms import EFFECT_FORMS, fresh_effect
from fidelia.console.rules.fields import Fields
from fidelia.console.rules.typed import blocks_of, number, read_typed, show_blocks
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import PointsCurrency, Programme, ProgrammeVersion
from fidelia.programme.operations.points import add_points_currency
from fidelia.rules import check_rule
from fidelia.rules.blocks import read_blocks, write_blocks
from fidelia.rules.document import EFFECTS
from fidelia.rules.documents import read_text
from fidelia.rules.errors import RuleError
from tests.cast import SYSTEM, jaquino
from tests.rules.programs import programs
from tests.rules.shop import CATALOGUE

from .shop import shop

__all__ = ["shop"]
pytestmark = pytest.mark.django_db(transaction=True)
DRAFT = "/console/programmes/cercle/versions/2/"
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
TUESDAY = {
    "key": "tuesday",
    "name": {"en": "Tuesdays", "fr": "Le mardi"},
    "when": 'purchase.weekday == "tuesday" && lines.filter(l, l.category == "coffee").sum(l, l.net) >= 20.00',
    "lines": 'line.category == "coffee"',
    "multiply_points": {"by": "1.5"},
    "valid_from": "2026-12-01T00:00:00+01:00",
}


class SentFields(HTMLParser):
    """The fields of the builder's form, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.select, self.area, self.within, self.off = "", "", False, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "form":
            self.within = has.get("id") == "f-rule"
        if not self.within:
            return
        if tag == "fieldset":
            self.off = "disabled" in has
        name, value = has.get("name") or "", has.get("value") or ""
        if tag == "input" and name and not self.off:
            if has.get("type") not in ("checkbox", "radio") or "checked" in has:
                self.sent.setdefault(name, []).append(value)
        elif tag == "select":
            self.select = "" if self.off else name
        elif tag == "option" and self.select and "selected" in has:
            self.sent.setdefault(self.select, []).append(value)
        elif tag == "textarea" and not self.off:
            self.area = name
            self.sent.setdefault(name, []).append("")

    def handle_data(self, data: str) -> None:
        if self.area:
            self.sent[self.area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""
        elif tag == "fieldset":
            self.off = False
        elif tag == "form":
            self.within = False


def fields_of(page: str) -> dict[str, Any]:
    parser = SentFields()
    parser.feed(page)
    return {
        name: values if len(values) > 1 else values[0]
        for name, values in parser.sent.items()
        if name != "csrfmiddlewaretoken"
    }


class Builder:
    """A draft with the rule `tuesday`, and its page as one person uses it."""

    def __init__(self, shop, user=None) -> None:
        self.client = shop.client(user or shop.leonore)
        if not ProgrammeVersion.objects.filter(number=2).exists():
            self.client.post("/console/programmes/cercle/versions/")
            draft = ProgrammeVersion.objects.get(number=2)
            draft.document["rules"].append(copy.deepcopy(TUESDAY))
            draft.save()
        self.url = f"{DRAFT}rules/tuesday/"
        self.fields = fields_of(self.client.get(self.url).content.decode())

    def step(self, **typed: Any) -> str:
        page = self.client.post(f"{self.url}builder/", self.fields | typed).content.decode()
        self.fields = fields_of(page)
        return page

    def save(self, **typed: Any):
        return self.client.post(self.url, self.fields | typed)


def rules_of_draft() -> list[dict[str, Any]]:
    return ProgrammeVersion.objects.get(number=2).document["rules"]


def rule() -> dict[str, Any]:
    return rules_of_draft()[-1]


# What is not touched stays


def test_saving_what_was_opened_changes_nothing(shop):
    assert Builder(shop).save().status_code == 302
    assert rule() == TUESDAY


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(programs(kinds=("bool",)))
def test_no_condition_loses_anything_in_the_form(source):
    try:
        check_rule(source, CATALOGUE)
    except RuleError:
        return
    fields = Fields(CATALOGUE, Actor.system("test"), "fr")
    picks = {pick.address: pick for pick in fields.of_purchase()}
    row_picks = {pick.address: pick for pick in fields.of_row()}
    blocks = read_blocks(source)
    shown = show_blocks(blocks, "when", picks, row_picks)
    read = number(read_typed(posted(shown), "when", picks, row_picks), "when")
    again = blocks_of(read)
    assert again is not None
    assert read_blocks(write_blocks(again)) == read_blocks(write_blocks(blocks))


def posted(shown) -> QueryDict:
    post = QueryDict(mutable=True)

    def put(each) -> None:
        own = each.prefix
        post[f"{own}.kind"], post[f"{own}.text"] = each.kind, each.text
        post[f"{own}.s"] = post[f"{own}.was"] = each.address
        post[f"{own}.g"], post[f"{own}.row"] = each.sign, each.row
        post[f"{own}.guard"] = "1" if each.guarded else ""
        post.setlist(f"{own}.v", each.values)
        for inside in (*each.where, *each.terms):
            put(inside)

    for each in shown:
        put(each)
    return post


# Blocks write the text


def test_a_block_changed_changes_the_text_and_the_words(shop):
    builder = Builder(shop)
    page = builder.step(**{"when-0.v": "friday", "when-1.v": "30,00", "effect.by": "3"})
    assert "le jour est vendredi" in page
    assert "d’au moins 30,00\u00a0€" in page
    assert builder.save().status_code == 302
    assert rule() == TUESDAY | {
        "when": 'purchase.weekday == "friday"\n&& lines.filter(l, l.category == "coffee").sum(l, l.net) >= 30.00',
        "multiply_points": {"by": 3},
    }


def test_conditions_are_added_and_removed(shop):
    builder = Builder(shop)
    builder.step(act="add:when")
    builder.step(**{"when-2.s": "member.tier"})
    builder.step(**{"when-2.g": "in", "when-2.v": ["grand_cru", "connaisseur"]})
    builder.step(act="remove:when-1")
    assert builder.fields["text"].count("member.tier in") == 1
    builder.save()
    assert rule()["when"] == 'purchase.weekday == "tuesday"\n&& member.tier in ["grand_cru", "connaisseur"]'


def test_a_field_that_may_be_unknown_is_asked_for_first(shop):
    builder = Builder(shop)
    builder.step(act="group:when")
    builder.step(**{"when-2-t-0.s": "customer.age", "when-2-t-1.s": "purchase.is_first"})
    builder.step(**{"when-2-t-0.g": ">=", "when-2-t-0.v": "60"})
    builder.save()
    assert rule()["when"].endswith("\n&& (has(customer.age) && customer.age >= 60 || purchase.is_first)")


def test_another_effect_begins_with_its_own_values(shop):
    builder = Builder(shop)
    builder.step(effect="points")
    builder.step(**{"effect.": "250"})
    builder.save(limit="200", valid_until="2027-03-01T00:00")
    saved = rule()
    assert "multiply_points" not in saved
    assert (saved["points"], saved["limit_per_purchase"]) == (250, 200)
    assert saved["valid_until"] == "2027-03-01T00:00:00+01:00"


def test_a_value_that_is_none_is_said_at_its_block_and_nothing_is_kept(shop):
    builder = Builder(shop)
    answer = builder.save(**{"when-1.v": "vingt"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Écrivez un nombre, comme 12,50." in page
    assert 'value="vingt"' in page
    assert rule() == TUESDAY


# The text writes the blocks


def test_a_text_changed_changes_the_blocks(shop):
    builder = Builder(shop)
    text = builder.fields["text"].replace("tuesday", "sunday", 2).replace("'1.5'", "'2.5'")
    page = builder.step(text=text.replace("key: sunday", "key: tuesday"))
    assert builder.fields["when-0.v"] == "sunday"
    assert builder.fields["effect.by"] == "2,5"
    assert "le jour est dimanche" in page


def test_a_text_that_cannot_be_read_keeps_the_blocks_and_names_the_place_and_the_nearest(shop):
    builder = Builder(shop)
    page = builder.step(text=builder.fields["text"].replace("purchase.weekday", "purchase.weekda"))
    assert "disabled" in page
    assert "Ligne 5, colonne 7" in page
    assert "Vouliez-vous dire «\u00a0purchase.weekday\u00a0»\u00a0?" in page
    assert "when-0.v" not in builder.fields
    answer = builder.save()
    assert answer.status_code == 422
    assert rule() == TUESDAY
    mended = builder.step(text=builder.fields["text"].replace("weekda ", "weekday "))
    assert "disabled" not in mended


def test_blocks_that_make_no_rule_say_so_and_can_be_changed_on(shop):
    builder = Builder(shop)
    page = builder.step(effect="bundle")
    assert "un lot composé, ne choisit pas de lignes ici" in page
    assert builder.save().status_code == 422
    assert "f-mistake" not in builder.step(act="remove:lines-0")
    assert builder.save().status_code == 302


def test_limits_are_rows_and_what_rows_do_not_show_stays(shop):
    builder = Builder(shop)
    limit = "limits:\n- {of: uses, at_most: 5, per: member, period: {rolling_days: 30}, alerts: [90]}\n"
    builder.step(text=builder.fields["text"] + limit)
    assert (builder.fields["limit-0.at_most"], builder.fields["limit-0.period"]) == ("5", "rolling")
    builder.step(**{"limit-0.at_most": "7"})
    builder.step(act="add:limits")
    builder.step(**{"limit-1.of": "points", "limit-1.at_most": "900 000", "limit-1.period": "month"})
    assert builder.save().status_code == 302
    assert rule()["limits"] == [
        {"of": "uses", "at_most": 7, "per": "member", "period": {"rolling_days": 30}, "alerts": [90]},
        {"of": "points", "at_most": 900000, "period": "month"},
    ]
    again = Builder(shop)
    assert "f-mistake" in again.step(**{"limit-0.at_most": "many"})
    again = Builder(shop)
    again.step(act="remove:limit-0")
    again.step(act="remove:limit-0")
    again.save()
    assert "limits" not in rule()


def test_terms_are_fields_and_only_of_prices_where_a_price_is_lowered(shop):
    builder = Builder(shop)
    assert "cap.amount" not in builder.fields
    builder.step(effect="percent_off")
    builder.step(**{"cap.amount": "12,5", "term.exclusive": "true", "term.coupon": "welcome", "limit": ""})
    builder.save()
    assert {name: rule()[name] for name in ("cap", "exclusive", "coupon")} == {
        "cap": "12.5", "exclusive": True, "coupon": "welcome",
    }  # fmt: skip
    builder = Builder(shop)
    builder.step(**{"term.exclusive": "false", "term.coupon": ""})
    builder.save()
    assert "exclusive" not in rule()
    assert "coupon" not in rule()
    assert rule()["cap"] == "12.5"


def test_a_cap_is_one_value_or_its_members_and_goes_with_its_numbers(shop):
    builder = Builder(shop)
    builder.step(effect="percent_off")
    builder.step(**{"cap.amount": "5", "cap.per": "unit", "ending.at": "0,99", "leaves.percent": "50", "limit": ""})
    builder.save()
    assert rule()["cap"] == {"amount": 5, "per": "unit"}
    assert (rule()["ending"], rule()["leaves"]) == ("0.99", {"percent": 50})
    builder = Builder(shop)
    assert (builder.fields["cap.amount"], builder.fields["cap.per"]) == ("5", "unit")
    assert "f-mistake" in builder.step(**{"cap.percent": "much"})
    builder = Builder(shop)
    builder.step(**{"cap.per": "checkout", "ending.at": ""})
    builder.save()
    assert rule()["cap"] == 5
    assert "ending" not in rule()
    builder = Builder(shop)
    builder.step(**{"cap.amount": "", "leaves.percent": ""})
    builder.save()
    assert not {"cap", "leaves"} & set(rule())


def test_what_is_no_yaml_is_told_at_its_line(shop):
    page = Builder(shop).step(text="key: [\n")
    assert "Ligne 2, colonne 1" in page


def test_what_no_block_can_show_stays_a_text(shop):
    builder = Builder(shop)
    text = builder.fields["text"].replace('purchase.weekday == "tuesday"', "5 <= purchase.hour")
    builder.step(text=text)
    assert builder.fields["when-0.text"] == "5 <= purchase.hour"
    builder.step(**{"when-1.v": "25"})
    assert "5 <= purchase.hour" in builder.fields["text"]


def test_without_script_the_same_form_shows_the_step(shop):
    builder = Builder(shop)
    page = builder.client.post(builder.url, builder.fields | {"step": "1", "when-0.v": "friday"}).content.decode()
    assert "<html" in page
    assert "le jour est vendredi" in page
    assert rule() == TUESDAY


# Two people, and who may


def test_two_people_change_two_rules_and_both_keep_them(shop):
    one, other = Builder(shop), Builder(shop, shop.fernando)
    other.url = f"{DRAFT}rules/first/"
    other.fields = fields_of(other.client.get(other.url).content.decode())
    assert one.save(limit="10").status_code == 302
    assert other.save(**{"effect.": "60"}).status_code == 302
    saved = {each["key"]: each for each in rules_of_draft()}
    assert saved["tuesday"]["limit_per_purchase"] == 10
    assert saved["first"]["points"] == 60


def test_the_same_rule_changed_by_another_is_refused_and_what_was_typed_stays(shop):
    one, other = Builder(shop), Builder(shop, shop.fernando)
    one.save(limit="10")
    answer = other.save(limit="20")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Une autre personne l’a changé" in page
    assert "limit_per_purchase: 20" in page
    assert rule()["limit_per_purchase"] == 10


def test_who_may_only_look_sees_no_builder(shop):
    Builder(shop)
    client = shop.client(jaquino())
    page = client.get(f"{DRAFT}rules/tuesday/").content.decode()
    assert "f-rule-text" not in page
    assert "Enregistrer la règle" not in page
    assert client.post(f"{DRAFT}rules/").status_code == 403


# The list


def test_rules_are_added_copied_moved_and_taken_out_with_a_way_back(shop):
    client = Builder(shop).client
    assert client.post(f"{DRAFT}rules/").url == f"{DRAFT}rules/rule-2/"
    assert client.post(f"{DRAFT}rules/first/copy/").url == f"{DRAFT}rules/first-2/"
    keys = [each["key"] for each in rules_of_draft()]
    assert keys == ["base", "coffee", "first", "first-2", "tuesday", "rule-2"]
    client.post(f"{DRAFT}rule-order/", {"up": "first-2"})
    client.post(f"{DRAFT}rule-order/", {"keys": ["coffee", "base", "first", "first-2", "tuesday", "rule-2"]})
    assert [each["key"] for each in rules_of_draft()][:3] == ["coffee", "base", "first"]
    page = client.post(f"{DRAFT}rules/base/removal/", follow=True).content.decode()
    assert "« Un point par euro » est hors du brouillon" in page.replace("\u00a0", " ")
    assert len(rules_of_draft()) == 5
    client.post(f"{DRAFT}rule-return/")
    assert [each["key"] for each in rules_of_draft()][1] == "base"
    assert client.post(f"{DRAFT}rule-return/").status_code == 404


def test_a_rule_switched_off_stays_in_its_place_and_gives_nothing_until_it_is_on(shop):
    client = Builder(shop).client
    before = rules_of_draft()
    answer = client.post(f"{DRAFT}rules/base/switch/", {"on": "0", "open": "tuesday"})
    assert answer.url == f"{DRAFT}rules/tuesday/"
    assert rules_of_draft() == [{**before[0], "active": False}, *before[1:]]
    page = client.get(f"{DRAFT}rules/base/").content.decode()
    assert "Cette règle est désactivée" in page
    assert (page.count('aria-checked="false"'), page.count('aria-checked="true"')) == (1, 3)
    assert "Désactivée." in client.get(f"{DRAFT}comparison/").content.decode()
    sent = {
        "member": "", "customer_id": "", "tier": "", "store": "", "channel": "store", "when": "2026-12-01T11:00",
        "product": ["moka"], "quantity": ["1"], "amount": ["12,50"],
    }  # fmt: skip
    card = client.post(f"{DRAFT}trial/", sent, headers={"HX-Request": "true"}).content.decode()
    assert "Un point par euro" not in card
    client.post(f"{DRAFT}rules/base/switch/", {"on": "1", "open": "base"})
    assert rules_of_draft() == before
    assert client.post(f"{DRAFT}rules/nothing/switch/", {"on": "1"}).status_code == 404
    assert shop.client(jaquino()).post(f"{DRAFT}rules/base/switch/", {"on": "0"}).status_code == 403
    assert rules_of_draft() == before


def test_an_order_of_other_rules_than_there_are_is_refused(shop):
    client = Builder(shop).client
    assert client.post(f"{DRAFT}rule-order/", {"keys": ["base", "coffee"]}).status_code == 409


# Beside the others, and tried


def test_overlaps_are_said_in_words(shop):
    page = Builder(shop).client.get(f"{DRAFT}rules/tuesday/").content.decode().replace("\u00a0", " ")
    assert "Multiplie les points des mêmes lignes que « Double points café » : leurs gains s’ajoutent" in page
    assert "Peut jouer sur les mêmes lignes d’un achat que « Un point par euro »" in page


def test_a_condition_that_contradicts_itself_is_said(shop):
    builder = Builder(shop)
    text = builder.fields["text"].replace('purchase.weekday == "tuesday"', "purchase.hour > 9 && purchase.hour < 9")
    assert "Sa condition ne peut jamais être remplie" in builder.step(text=text)


def test_a_basket_is_tried_with_the_rule_as_it_is_typed(shop):
    builder = Builder(shop)
    sent = {
        "member": "", "customer_id": "", "tier": "", "store": "", "channel": "store", "when": "2026-12-01T11:00",
        "product": ["moka", "tasse"], "quantity": ["1", "1"], "amount": ["12,50", "8"], "is_first": "on",
        "rule_key": "first", "rule_text": "key: first\nname: {en: Hello, fr: Bonjour}\npoints: 77\n",
    }  # fmt: skip
    card = builder.client.post(f"{DRAFT}trial/", sent, headers={"HX-Request": "true"}).content.decode()
    assert "Bonjour" in card
    assert "+77" in card
    assert "moka +12 · tasse +8" in card.replace("\u00a0", " ")


def test_a_basket_is_tried_as_at_the_checkout_with_discounts_and_what_is_missing(shop):
    builder = Builder(shop)
    sent = {
        "member": "", "customer_id": "", "tier": "", "store": "", "channel": "store", "when": "2026-12-01T11:00",
        "product": ["moka", "tasse"], "quantity": ["2", "1"], "amount": ["25", "15"], "coupons": "welcome",
        "rule_key": "tuesday",
        "rule_text": "key: tuesday\nname: {en: Ten, fr: Dix}\npercent_off: 10\ncoupon: welcome\n",
    }  # fmt: skip
    card = builder.client.post(f"{DRAFT}trial/", sent, headers={"HX-Request": "true"}).content.decode()
    card = card.replace("\u00a0", " ")
    assert "−4,00 €" in card
    assert "moka −2,50 € · tasse −1,50 €" in card
    assert "36,00 €" in card
    without = builder.client.post(f"{DRAFT}trial/", sent | {"coupons": ""}, headers={"HX-Request": "true"})
    assert "−4,00" not in without.content.decode()


def test_a_real_purchase_is_taken_up_by_its_receipt(shop):
    florestan = shop.members(1)[0]
    shop.buy(florestan, 15_000, 30)
    sent = {"receipt": f"{florestan.id}-30", "take": "1", "product": [], "quantity": [], "amount": [], "when": ""}
    url = "/console/programmes/cercle/versions/1/trial/"
    card = shop.client(shop.leonore).post(url, sent, headers={"HX-Request": "true"}).content.decode()
    assert 'value="150,00"' in card
    assert "Florestan Numéro 0" in card
    assert "+150" in card
    missing = shop.client(shop.leonore).post(url, sent | {"receipt": "none"}, headers={"HX-Request": "true"})
    assert "Aucun achat ne porte ce numéro" in missing.content.decode()


def test_every_effect_of_the_language_has_its_form():
    assert set(EFFECT_FORMS) == set(EFFECTS)


def test_each_effect_is_chosen_in_the_builder_shown_by_its_form_and_is_a_rule(shop):
    euros = PointsCurrency.objects.create(code="EURC", name=LocalizedText(en="euros", fr="euros"), scale=2)
    cercle = Programme.objects.get(slug="cercle")
    add_points_currency(by=SYSTEM, at=cercle.created_at, programme=cercle, currency=euros, role="cagnotte")
    builder = Builder(shop)
    builder.step(act="remove:lines-0")
    for key in (*EFFECT_FORMS, "percent_off"):
        page = builder.step(effect=key)
        assert "f-mistake" not in page, key
        assert EFFECT_FORMS[key].values_of(fresh_effect(key)) is not None
        assert read_text(builder.fields["text"])[key] == fresh_effect(key)
    assert builder.save().status_code == 302
    assert rule()["percent_off"] == fresh_effect("percent_off")


def test_an_effect_in_its_short_form_stays_short_until_another_part_is_said(shop):
    builder = Builder(shop)
    text = builder.fields["text"].replace("multiply_points:\n  by: '1.5'", "percent_off: 20")
    builder.step(text=text)
    builder.step(**{"effect.percent": "25"})
    assert "percent_off: 25\n" in builder.fields["text"]
    builder.step(**{"effect.of": "order"})
    assert read_text(builder.fields["text"])["percent_off"] == {"percent": 25, "of": "order"}
