"""Files of purchases that were brought in are imports like all others."""

from django.db import migrations

MOVE = """
insert into intake_import (
    id, target, file_id, file_name, file_hash, file_size, columns, mapping, state, check_report, checked_mapping_hash,
    totals, job_id, partner_id, programme_id, by_label, created_at, started_at, ended_at)
select id, 'purchases', null, file_name, file_hash, 0, '[]',
    jsonb_build_object(
        'target', 'purchases', 'reading', '{}'::jsonb, 'columns', mapping->'columns',
        'options', mapping - 'columns' - 'date_format' || jsonb_build_object('source', source)),
    case when state = 'running' then 'failed' else state end, totals, '',
    case when totals = '{}' then totals else jsonb_build_object('double_rows', 0) || totals end,
    null, null, programme_id, by_label, started_at, started_at, coalesce(ended_at, started_at)
from activity_import
"""


class Migration(migrations.Migration):
    dependencies = [("activity", "0010_begin_without_a_lock"), ("intake", "0002_staging")]
    operations = [
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.DeleteModel(name="PurchaseImport"),
    ]
