"""Documents of the contract: made from the record, numbered, kept, and provable years later."""

from gmops_desktop.services.reports.periods import month_of
from gmops_desktop.services.reports.register import Kind, Produce, Report, Signed, word_of_kind
from gmops_desktop.services.reports.service import Asked, Reports

__all__ = ["Asked", "Kind", "Produce", "Report", "Reports", "Signed", "month_of", "word_of_kind"]
