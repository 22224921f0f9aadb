"""What the rule language tells people when it refuses, in English and French.

Rules are too low for gettext (no Django below them), so the sentences are a plain table. A name in braces is filled in;
a type (`{found}`, `{wanted}`) is given as the type and said in the reader's language.
"""

from __future__ import annotations

from typing import Any

from fidelia.kernel.localized import LocalizedText

from .types import Type

TYPE_NAMES: dict[Type, LocalizedText] = {
    Type.BOOL: LocalizedText(en="yes or no", fr="un oui ou non"),
    Type.INT: LocalizedText(en="a whole number", fr="un nombre entier"),
    Type.MONEY: LocalizedText(en="an amount of money", fr="un montant"),
    Type.QUANTITY: LocalizedText(en="a quantity", fr="une quantité"),
    Type.STRING: LocalizedText(en="a text", fr="un texte"),
    Type.DATE: LocalizedText(en="a date", fr="une date"),
    Type.TIMESTAMP: LocalizedText(en="a moment", fr="un instant"),
    Type.RECORDS: LocalizedText(en="a list of lines", fr="une liste de lignes"),
}
MEANT = LocalizedText(en=" Did you mean “{nearest}”?", fr=" Vouliez-vous dire « {nearest} » ?")

SENTENCES: dict[str, LocalizedText] = {
    "unexpected": LocalizedText(en="“{text}” cannot stand here.", fr="« {text} » n’a pas sa place ici."),
    "unexpected_end": LocalizedText(en="The rule ends too early.", fr="La règle s’arrête trop tôt."),
    "expected": LocalizedText(
        en="“{wanted_text}” is expected here, not “{text}”.", fr="« {wanted_text} » est attendu ici, et non « {text} »."
    ),
    "trailing": LocalizedText(
        en="The rule is complete before “{text}”; join conditions with && or ||.",
        fr="La règle est complète avant « {text} » ; reliez les conditions par && ou ||.",
    ),
    "empty": LocalizedText(en="The rule is empty.", fr="La règle est vide."),
    "no_division": LocalizedText(
        en="There is no division: use per(amount, step) or share(amount, percent, rounding).",
        fr="Il n’y a pas de division : employez per(montant, pas) ou share(montant, pourcentage, arrondi).",
    ),
    "single_sign": LocalizedText(
        en="“{text}” is not a sign of the language; write “{wanted_text}”.",
        fr="« {text} » n’est pas un signe du langage ; écrivez « {wanted_text} ».",
    ),
    "no_null": LocalizedText(
        en="There is no null: ask has(field), or give a default by orElse(field, default).",
        fr="Il n’y a pas de null : demandez has(champ), ou donnez une valeur par défaut avec orElse(champ, défaut).",
    ),
    "bad_number": LocalizedText(
        en="“{text}” is not a plain number such as 12 or 12.50.",
        fr="« {text} » n’est pas un nombre simple comme 12 ou 12.50.",
    ),
    "unterminated_text": LocalizedText(
        en="This text has no closing quotation mark.", fr="Il manque le guillemet fermant de ce texte."
    ),
    "bad_escape": LocalizedText(
        en="In a text, only \\\\, \\\" and \\' may follow a backslash.",
        fr="Dans un texte, seuls \\\\, \\\" et \\' peuvent suivre une barre oblique inverse.",
    ),
    "forbidden_character": LocalizedText(
        en="The character {text} is not allowed in a rule.", fr="Le caractère {text} n’est pas permis dans une règle."
    ),
    "forbidden_name": LocalizedText(
        en="“{text}” is not allowed: no name begins with _ or contains __.",
        fr="« {text} » n’est pas permis : aucun nom ne commence par _ ni ne contient __.",
    ),
    "too_long": LocalizedText(
        en="The rule has {size} characters; {limit} are allowed.",
        fr="La règle compte {size} caractères ; {limit} sont permis.",
    ),
    "too_deep": LocalizedText(
        en="The rule is nested more than {limit} levels deep.", fr="La règle a plus de {limit} niveaux d’imbrication."
    ),
    "too_costly": LocalizedText(
        en="The rule costs {size} steps; {limit} are allowed.", fr="La règle coûte {size} pas ; {limit} sont permis."
    ),
    "unknown_field": LocalizedText(en="There is no field “{text}”.", fr="Il n’y a pas de champ « {text} »."),
    "field_of_lines": LocalizedText(
        en="“{text}” is of one line: write the condition in “lines”, or lines.exists(l, l.{name} …).",
        fr="« {text} » est d’une ligne : écrivez la condition dans « lines », ou lines.exists(l, l.{name} …).",
    ),
    "not_a_value": LocalizedText(
        en="“{text}” is a group of fields, not a value.", fr="« {text} » est un groupe de champs, non une valeur."
    ),
    "no_attributes": LocalizedText(
        en="Only fields of the catalogue can be read; “{text}” cannot follow a value.",
        fr="Seuls les champs du catalogue peuvent être lus ; « {text} » ne peut pas suivre une valeur.",
    ),
    "taken_name": LocalizedText(
        en="“{text}” already names something else; choose another name for the line.",
        fr="« {text} » désigne déjà autre chose ; choisissez un autre nom pour la ligne.",
    ),
    "unknown_function": LocalizedText(en="There is no function “{text}”.", fr="Il n’y a pas de fonction « {text} »."),
    "unknown_choice": LocalizedText(
        en="“{field}” is never “{text}”; it is one of: {choices}.",
        fr="« {field} » ne vaut jamais « {text} » ; valeurs possibles : {choices}.",
    ),
    "expects": LocalizedText(en="Here {wanted} is expected, not {found}.", fr="Il faut ici {wanted}, et non {found}."),
    "expects_number": LocalizedText(
        en="Here a number is expected, not {found}.", fr="Il faut ici un nombre, et non {found}."
    ),
    "not_together": LocalizedText(
        en="“{text}” cannot join {left} and {right}.", fr="« {text} » ne peut pas réunir {left} et {right}."
    ),
    "list_alone": LocalizedText(
        en="A list can only be asked with “in”, size() or a macro such as lines.exists(l, …).",
        fr="Une liste ne s’interroge qu’avec « in », size() ou une macro comme lines.exists(l, …).",
    ),
    "in_needs_list": LocalizedText(
        en='“in” needs a list on its right, such as ["gold", "silver"].',
        fr='« in » demande une liste à sa droite, comme ["gold", "silver"].',
    ),
    "empty_list": LocalizedText(en="An empty list holds nothing.", fr="Une liste vide ne contient rien."),
    "signature": LocalizedText(en="Write {signature}.", fr="Écrivez {signature}."),
    "step_positive": LocalizedText(
        en="The step of per() is a number above zero, written out.",
        fr="Le pas de per() est un nombre écrit tel quel, supérieur à zéro.",
    ),
    "percent": LocalizedText(
        en="The percentage is written out, between 0 and 1000, with at most 4 decimals.",
        fr="Le pourcentage est un nombre écrit tel quel, entre 0 et 1000, avec 4 décimales au plus.",
    ),
    "rounding": LocalizedText(
        en="“{text}” is not a rounding; choose among {choices}.",
        fr="« {text} » n’est pas un arrondi ; choisissez parmi {choices}.",
    ),
    "bad_date": LocalizedText(en='A date is written as date("2026-12-31").', fr='Une date s’écrit date("2026-12-31").'),
    "bad_timestamp": LocalizedText(
        en='A moment is written as timestamp("2026-12-31T18:00:00Z").',
        fr='Un instant s’écrit timestamp("2026-12-31T18:00:00Z").',
    ),
    "has_field": LocalizedText(
        en="{function}() asks about a field, such as {function}(member.birthday).",
        fr="{function}() interroge un champ, comme {function}(member.birthday).",
    ),
    "never_absent": LocalizedText(
        en="“{text}” is always known; {function}() has no use here.",
        fr="« {text} » est toujours connu ; {function}() ne sert à rien ici.",
    ),
    "unguarded": LocalizedText(
        en="“{text}” may be unknown: write has({text}) && … before it, or orElse({text}, default).",
        fr="« {text} » peut être inconnu : écrivez has({text}) && … avant, ou orElse({text}, défaut).",
    ),
    "number_too_large": LocalizedText(en="“{text}” is too large.", fr="« {text} » est trop grand."),
    "too_many_decimals": LocalizedText(
        en="“{text}” has more than {scale} decimals.", fr="« {text} » a plus de {scale} décimales."
    ),
    "whole_number": LocalizedText(
        en="Here a whole number is expected, not “{text}”.", fr="Il faut ici un nombre entier, et non « {text} »."
    ),
    "may_overflow": LocalizedText(
        en="This calculation could pass 64 bits; bound its parts with min() or max().",
        fr="Ce calcul pourrait dépasser 64 bits ; bornez ses termes avec min() ou max().",
    ),
    # Rule sets
    "mapping": LocalizedText(
        en="A group of named values is expected here.", fr="Il faut ici un groupe de valeurs nommées."
    ),
    "mapping_of": LocalizedText(
        en="A group of named values is expected here: {{…}} of {choices}.",
        fr="Il faut ici un groupe de valeurs nommées : {{…}} parmi {choices}.",
    ),
    "decimal_comma": LocalizedText(
        en="“{text}” stands here by itself; if it follows a decimal comma, write a point: 1.5.",
        fr="« {text} » est seul ici ; s’il suit une virgule décimale, écrivez un point : 1.5.",
    ),
    "list": LocalizedText(en="A list is expected here.", fr="Il faut ici une liste."),
    "text": LocalizedText(en="A text is expected here.", fr="Il faut ici un texte."),
    "unknown_member": LocalizedText(
        en="“{text}” is not known here; known are: {choices}.",
        fr="« {text} » n’est pas connu ici ; sont connus : {choices}.",
    ),
    "missing_member": LocalizedText(en="“{text}” is missing.", fr="« {text} » manque."),
    "both_languages": LocalizedText(
        en="Give this text in both languages, en and fr.", fr="Donnez ce texte dans les deux langues, en et fr."
    ),
    "format": LocalizedText(
        en="This installation reads format 1: update Fidelia, or export the programme anew.",
        fr="Cette installation lit le format 1 : mettez Fidelia à jour, ou exportez à nouveau le programme.",
    ),
    "key": LocalizedText(
        en="A key is made of small letters, digits, - and _, at most 40.",
        fr="Une clé se compose de minuscules, de chiffres, de - et de _, 40 au plus.",
    ),
    "key_twice": LocalizedText(
        en="The key “{text}” is used twice; give one of the two another.",
        fr="La clé « {text} » est employée deux fois ; donnez-en une autre à l’une des deux.",
    ),
    "one_effect": LocalizedText(
        en="A rule has exactly one effect among: {choices}.", fr="Une règle a exactement un effet parmi : {choices}."
    ),
    "instant": LocalizedText(
        en="A moment with its offset is expected, such as 2026-12-01T00:00:00Z.",
        fr="Il faut un instant avec son décalage, comme 2026-12-01T00:00:00Z.",
    ),
    "period": LocalizedText(
        en="valid_until must be after valid_from.", fr="valid_until doit être postérieur à valid_from."
    ),
    "decimal": LocalizedText(
        en='A number above zero with at most {scale} decimals is expected, such as 10 or "12.50" (in quotation marks).',
        fr='Il faut un nombre supérieur à zéro avec {scale} décimales au plus, comme 10 ou "12.50" (entre guillemets).',
    ),
    "ratio": LocalizedText(
        en='The ratio is above 1 and at most 100, such as 2 or "1.5" (in quotation marks).',
        fr='Le rapport est supérieur à 1 et d’au plus 100, comme 2 ou "1.5" (entre guillemets).',
    ),
    "scale": LocalizedText(en="The scale is a whole number from 0 to 4.", fr="L’échelle est un entier de 0 à 4."),
    "unknown_group": LocalizedText(en="There is no group “{text}”.", fr="Il n’y a pas de groupe « {text} »."),
    "mixed_group": LocalizedText(
        en="The group “{text}” mixes rules that multiply points with the rules they multiply.",
        fr="Le groupe « {text} » mêle des règles qui multiplient les points et celles qu’elles multiplient.",
    ),
    "too_many": LocalizedText(en="At most {limit} are allowed here.", fr="Il en faut au plus {limit} ici."),
    "no_earning_lines": LocalizedText(
        en="The catalogue has no lines with net, quantity and earns.",
        fr="Le catalogue n’a pas de lignes avec net, quantity et earns.",
    ),
    "flag": LocalizedText(en="Write true or false.", fr="Écrivez true ou false."),
    "whole": LocalizedText(
        en="A whole number from {least} to {most} is expected here.", fr="Il faut ici un entier de {least} à {most}."
    ),
    "share_of": LocalizedText(
        en="A percentage above 0 and at most 100, with at most 4 decimals, is expected here, such as 10 or "
        '"12.5", without %.',
        fr="Il faut ici un pourcentage supérieur à 0 et d’au plus 100, avec 4 décimales au plus, comme 10 ou "
        '"12.5", sans %.',
    ),
    "control_share": LocalizedText(
        en="A control group is at most half of the people: a percentage up to 50 is expected here.",
        fr="Un groupe témoin compte au plus la moitié des personnes : il faut ici un pourcentage d’au plus 50.",
    ),
    "effect_member": LocalizedText(
        en="This effect has no member “{name}”; it has {known}.",
        fr="Cet effet n’a pas de membre « {name} » ; il a {known}.",
    ),
    "effect_member_type": LocalizedText(
        en="This member is of the type {type} (whole is a whole number, money minor units).",
        fr="Ce membre est du type {type} (whole : nombre entier, money : unités mineures).",
    ),
    "effect_members_missing": LocalizedText(en="This effect needs: {names}.", fr="Il manque à cet effet : {names}."),
    "one_of": LocalizedText(en="Name exactly one of: {choices}.", fr="Nommez exactement un parmi : {choices}."),
    "effect_on_no_line": LocalizedText(
        en="The effect is on no line: nothing could ever have it.",
        fr="L’effet ne porte sur aucune ligne : rien ne pourrait jamais en profiter.",
    ),
    "lines_not_here": LocalizedText(
        en="An effect on the order or on shipping, and a bundle, chooses no lines here.",
        fr="Un effet sur la commande ou la livraison, et un lot composé, ne choisit pas de lignes ici.",
    ),
    "steps_rise": LocalizedText(
        en="Each step begins higher than the one before it.", fr="Chaque palier commence plus haut que le précédent."
    ),
    "marginal_units": LocalizedText(
        en="Marginal steps are counted in units.", fr="Les paliers marginaux se comptent en unités."
    ),
    "unknown_campaign": LocalizedText(en="There is no campaign “{text}”.", fr="Il n’y a pas de campagne « {text} »."),
    "mixed_kinds": LocalizedText(
        en="The group “{text}” mixes rules that cannot be compared: prices, points, and what is issued.",
        fr="Le groupe « {text} » mêle des règles incomparables : prix, points et ce qui est émis.",
    ),
    "only_best_by_line": LocalizedText(
        en="Only “best” and “least” can be chosen for each line.",
        fr="Seuls « best » et « least » peuvent se choisir ligne par ligne.",
    ),
    "only_for_points": LocalizedText(
        en="This is for rules that give points only; a price has a cap.",
        fr="Ceci vaut seulement pour les règles qui donnent des points ; un prix a un plafond (cap).",
    ),
    "ending_above_step": LocalizedText(
        en="The ending is less than the step from one such price to the next.",
        fr="La terminaison est inférieure au pas d’un tel prix au suivant.",
    ),
    "unknown_capped_rule": LocalizedText(
        en="No rule “{text}” lowers prices here, so a cap cannot hold it.",
        fr="Aucune règle « {text} » ne baisse de prix ici : un plafond ne peut pas la tenir.",
    ),
    "unknown_beside": LocalizedText(
        en="No other rule “{text}” lowers prices here, so nothing can be said of both together.",
        fr="Aucune autre règle « {text} » ne baisse de prix ici : rien ne peut se dire des deux ensemble.",
    ),
    "for_amount_once": LocalizedText(
        en="So much for each full amount is taken once, and is no voucher.",
        fr="Une remise par tranche se prend une seule fois, et n’est pas un bon.",
    ),
    "gift_that_costs": LocalizedText(
        en="What costs money is not added to a basket: the till puts it there (how: unlock).",
        fr="Ce qui coûte ne s’ajoute pas au panier : la caisse l’y met (how : unlock).",
    ),
    "passes_on_all": LocalizedText(
        en="A share that is counted line by line or unit by unit is not passed on.",
        fr="Un pourcentage compté ligne par ligne ou unité par unité ne se reporte pas.",
    ),
    "only_for_prices": LocalizedText(
        en="This is for rules that lower prices only.", fr="Ceci vaut seulement pour les règles qui baissent les prix."
    ),
    "only_for_gifts": LocalizedText(en="Only a gift is claimed in units.", fr="Seul un cadeau se réclame en unités."),
    "shipping_stage": LocalizedText(
        en="Effects on shipping, and only they, have the stage “shipping”.",
        fr="Les effets sur la livraison, et eux seuls, ont l’étape « shipping ».",
    ),
    "limit_of_a_member": LocalizedText(
        en="A year since joining, or the period of a plan, is a member’s: write per: member.",
        fr="Une année d’adhésion ou la période d’un abonnement est celle d’un adhérent : écrivez per: member.",
    ),
    "limit_misfit": LocalizedText(
        en="This rule gives no {text}: the limit would never be reached.",
        fr="Cette règle ne donne pas de {text} : la limite ne serait jamais atteinte.",
    ),
    "rule_text": LocalizedText(en="The rule’s text is refused.", fr="Le texte de la règle est refusé."),
}


def say(reason: str, language: str, *, nearest: str | None = None, **details: Any) -> str:
    """Return the sentence of `reason` in "en" or "fr", filled with `details`."""
    said = {key: _word(value, language) for key, value in details.items()}
    sentence = SENTENCES[reason].in_language(language).format(**said)
    if nearest is not None:
        sentence += MEANT.in_language(language).format(nearest=nearest)
    return sentence


def _word(value: Any, language: str) -> str:
    if isinstance(value, Type):
        return TYPE_NAMES[value].in_language(language)
    return str(value)
