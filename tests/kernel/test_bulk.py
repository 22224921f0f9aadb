"""Rows copied at once: what they may not do while they are under way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from fidelia.kernel.bulk import stage_rows
from fidelia.kernel.db import transaction_of_use_case

pytestmark = pytest.mark.django_db(transaction=True)


def test_rows_that_query_the_connection_they_are_copied_on_are_an_error_and_no_wait_without_end() -> None:
    def rows() -> Iterator[tuple[int]]:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
            yield cursor.fetchone()

    with pytest.raises(RuntimeError, match="COPY"), transaction_of_use_case():
        stage_rows("staged_one", {"one": "integer"}, rows())


def test_rows_computed_as_they_are_asked_for_are_copied_and_counted() -> None:
    with transaction_of_use_case(), connection.cursor() as cursor:
        assert stage_rows("staged_one", {"one": "integer"}, ((one,) for one in range(3))) == 3
        cursor.execute("select sum(one) from staged_one")
        assert cursor.fetchone() == (3,)
