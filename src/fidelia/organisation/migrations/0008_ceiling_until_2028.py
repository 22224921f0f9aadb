"""The ceiling on promotions in France as it stands since April 2025: 34 % for food, 40 % for the rest, until April 2028."""

from django.db import migrations

SOURCE = (
    "Loi n° 2020-1525 du 7 décembre 2020 (ASAP), article 125, modifié par la loi n° 2025-337 du 14 avril 2025 : les "
    "avantages promotionnels, immédiats ou différés (points et cagnotte compris), cumulés, ne dépassent pas 34 % du prix "
    "de vente au consommateur pour les denrées alimentaires et l’alimentation des animaux de compagnie, 40 % pour les "
    "autres produits de grande consommation, ni 25 % du volume ; jusqu’au 15 avril 2028. Nommez les catégories concernées, "
    "et écrivez « = 40 » après celles qui ne sont pas alimentaires."
)


def keep_france(apps, schema_editor):
    """Name what the policy before it named; what somebody has said of these days already stays."""
    policies = apps.get_model("organisation", "LawPolicy").objects.filter(country="FR", kind="promotion_ceiling")
    if policies.filter(valid_from__gte="2025-04-16").exists():
        return
    before = policies.order_by("-valid_from").first()
    categories = [] if before is None else before.terms["categories"]
    policies.create(
        country="FR", kind="promotion_ceiling", valid_from="2025-04-16", valid_until="2028-04-15",
        action="warn" if before is None else before.action,
        terms={"share": [34, 100], "categories": categories, "counts_deferred": True, "volume": [25, 100]},
        source=SOURCE, changed_at="2026-11-23T00:00:00Z", changed_by="Fidelia",
    )


class Migration(migrations.Migration):
    dependencies = [("organisation", "0007_member_portal")]
    operations = [migrations.RunPython(keep_france, migrations.RunPython.noop)]
