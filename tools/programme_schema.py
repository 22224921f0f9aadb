"""Write docs/reference/programme.schema.json: the JSON Schema of a programme, from the readers' own lists."""

from __future__ import annotations

import json
from pathlib import Path

from fidelia.rules.documents import document_schema

TARGET = Path(__file__).parents[1] / "docs/reference/programme.schema.json"

if __name__ == "__main__":
    TARGET.write_text(json.dumps(document_schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
