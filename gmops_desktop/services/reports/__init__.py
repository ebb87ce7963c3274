"""Documents of the contract: made from the record, numbered, kept, and provable years later."""

from gmops_desktop.services.reports.periods import month_of
from gmops_desktop.services.reports.register import (
    SUBJECTS,
    Kind,
    Produce,
    Report,
    Signed,
    Subject,
    word_of_kind,
)
from gmops_desktop.services.reports.service import Asked, Reports

__all__ = [
    "SUBJECTS",
    "Asked",
    "Kind",
    "Produce",
    "Report",
    "Reports",
    "Signed",
    "Subject",
    "month_of",
    "word_of_kind",
]
