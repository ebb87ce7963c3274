from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

from db import ids
from db.ids import uuid7


def test_an_id_is_a_uuid_of_version_7():
    value = uuid.UUID(uuid7())
    assert value.version == 7
    assert value.variant == uuid.RFC_4122


def test_ids_sort_by_when_they_were_made():
    made = [uuid7() for _ in range(10_000)]
    assert made == sorted(made)


def test_ids_keep_growing_when_the_clock_is_set_back(monkeypatch):
    before = uuid7()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1)
    assert uuid7() > before


def test_threads_never_share_an_id():
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: uuid7(), range(20_000)))
    assert len(set(made)) == len(made)
