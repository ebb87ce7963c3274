"""Signatures as the rest of the program knows them: what they say, where they go, who makes them.

The libraries that sign and check are brought in only when that is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

Party = Literal["party_a", "party_b"]
Verdict = Literal["unsigned", "untouched", "countersigned", "altered"]

# The layout names the places in the file itself: named destinations (PDF 32000-1, 12.3.2.3) of the
# kind FitR, whose four numbers are the rectangle.  A signature made years later finds them.
PLACES: Final[dict[Party, str]] = {"party_a": "gmops-sign-a", "party_b": "gmops-sign-b"}
FIELDS: Final[dict[Party, str]] = {"party_a": "PartyA", "party_b": "PartyB"}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What a PKCS#12 file holds, without its secret; `fingerprint` is its certificate's SHA-256."""

    name: str
    organization: str
    issuer: str
    fingerprint: str
    valid_from: datetime
    valid_to: datetime
    own: bool  # whether the certificate is signed by its own key

    @property
    def holder(self) -> str:
        """Whose it is, in one line."""
        known = [one for one in (self.organization, self.name) if one]
        return " · ".join(dict.fromkeys(known)) or self.fingerprint[:16]


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a file.  `at` is what the signer's clock said.

    `intact`: the bytes it covers are those that were signed; `whole`: and what came after is
    allowed by it.  `revision` counts from 1; the document as made is the one before the first.
    """

    field: str
    party: Party | None
    holder: str
    fingerprint: str
    at: datetime | None
    intact: bool
    whole: bool
    certifies: bool
    revision: int
    valid_then: bool  # whether the certificate was valid at that time


@dataclass(frozen=True, slots=True)
class Examination:
    """What a file's signatures say.  `original` is the SHA-256 of the document before the first
    one ("" where there is none); `reasons` are finished sentences for what is altered."""

    verdict: Verdict
    signatures: tuple[Signature, ...]
    original: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """How a signature looks: the picture of a seal (PNG), who signs, in small what it is, when.

    `across`: the seal also goes in slices over the edges of all pages (骑缝章).
    """

    seal: bytes | None
    name: str
    said: str
    on: date
    across: bool = False


def read_key(content: bytes, password: str) -> SigningKey:
    """Return whose key a PKCS#12 file holds; raise `OpsError` where it cannot sign."""
    from gmops_desktop.reports import signing

    return signing.read_key(content, password)


def sign(
    content: bytes, key: bytes, password: str, party: Party, sealed: Sealed, *, reason: str = ""
) -> bytes:
    """Return the document with a signature of `party` added."""
    from gmops_desktop.reports import signing

    return signing.sign(content, key, password, party, sealed, reason=reason)


def examine(content: bytes) -> Examination:
    """Return what the signatures of a file say of it."""
    from gmops_desktop.reports import signing

    return signing.examine(content)


def imported_seal(content: bytes) -> bytes:
    """Return the picture of a seal as a PNG with transparency; raise `OpsError` for none."""
    from gmops_desktop.reports import stamp

    return stamp.imported_seal(content)
