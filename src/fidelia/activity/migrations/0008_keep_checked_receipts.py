"""What a check of a file of purchases has understood is kept by receipt; rows are staged by intake."""

from pathlib import Path

from django.db import migrations

IMPORTS = (Path(__file__).parent.parent / "sql" / "imports.sql").read_text(encoding="utf-8")
DROP = """
drop function activity_analyze_import; drop table activity_import_receipt; drop table activity_import_product;
"""


class Migration(migrations.Migration):
    dependencies = [("activity", "0007_claims_carry_change_marks"), ("intake", "0002_staging")]
    operations = [migrations.RunSQL(IMPORTS, DROP)]
