"""Looks that a test writes down as the program does, without looking at anything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from db import samples


def looked(
    session: Session,
    resource_id: str,
    times: Iterable[datetime],
    *,
    reached: bool = True,
    every: float = 60.0,
) -> None:
    """Keep a look at each of `times`, in the caller's transaction."""
    for at in times:
        samples.keep(session, resource_id, at, every, {"look": float(reached)})
