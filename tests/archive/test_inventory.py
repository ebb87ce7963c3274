"""What earlier backups tell of the line to a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from db.engine import Database
from example_backup import BACKUP
from gmops_desktop.archive.inventory import Inventory

SLOW, FAST = 600_000.0, 90_000_000.0
LITTLE, MUCH = 200_000, 180_000_000


@pytest.mark.parametrize(
    ("runs", "rate"),
    [
        ((), 0.0),
        (((LITTLE, SLOW),), SLOW),
        # A small backup shows less than the line can do ...
        (((LITTLE, SLOW), (MUCH, FAST)), FAST),
        (((LITTLE, FAST), (LITTLE, SLOW)), FAST),
        # ... but one that filled the line tells what it is now, in either direction.
        (((LITTLE, SLOW), (MUCH, SLOW), (MUCH, FAST)), SLOW),
        (((MUCH, FAST), (MUCH, SLOW)), FAST),
        # What is long past tells nothing.
        (((LITTLE, SLOW),) * 5 + ((MUCH, FAST),), SLOW),
    ],
)
def test_the_newest_backup_that_filled_the_line_tells_its_rate(
    database: Database, runs: tuple[tuple[int, float], ...], rate: float
) -> None:
    inventory = Inventory(database)
    inventory.add(replace(BACKUP, id="other", source="site@elsewhere", travelled=MUCH, rate=1e9))
    for age, (travelled, measured) in enumerate(runs):
        at = BACKUP.at - timedelta(days=age)
        inventory.add(replace(BACKUP, id=str(age), at=at, travelled=travelled, rate=measured))
    assert inventory.line_rate(BACKUP.source) == rate
