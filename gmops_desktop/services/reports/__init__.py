"""Documents of the contract: made from the record, numbered, kept, and provable years later."""

from gmops_desktop.services.reports.periods import (
    month_of,
    quarter_of,
    quarters_of,
    span_of,
    year_of,
    years_of,
)
from gmops_desktop.services.reports.register import (
    COVERED,
    ORDERED,
    SUBJECTS,
    Kind,
    Produce,
    Register,
    Report,
    Signed,
    Subject,
    word_of_kind,
)
from gmops_desktop.services.reports.service import Asked, Reports

__all__ = [
    "COVERED",
    "ORDERED",
    "SUBJECTS",
    "Asked",
    "Kind",
    "Produce",
    "Register",
    "Report",
    "Reports",
    "Signed",
    "Subject",
    "month_of",
    "quarter_of",
    "quarters_of",
    "span_of",
    "word_of_kind",
    "year_of",
    "years_of",
]
