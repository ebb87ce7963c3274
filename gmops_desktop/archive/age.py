"""The age format (C2SP/C2SP, age.md): keys, and sealing and opening a stream.  The only importer of
pyrage.

Streams go through `encrypt_io` and `decrypt_io`, never `encrypt_file`, which keeps every other
thread of Python waiting.  age writes plaintext before it comes to a fault further on, so whoever
calls `unseal` uses nothing of what was written unless it returned.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

import pyrage  # type: ignore[import-untyped]  # it ships no type information
from pyrage import x25519

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

SECRET_PREFIX: Final = "AGE-SECRET-KEY-1"
SECRET_LENGTH: Final = 74

_MAGIC: Final = b"age-encryption.org/v1\n"
_ARMOR: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
_HEAD_ROOM: Final = 1 << 16  # a head takes about 100 bytes for each recipient
_HEAD_END: Final = re.compile(rb"\n--- [A-Za-z0-9+/]{43}\n")
_BY_PASSPHRASE: Final = b"\n-> scrypt "
_NONCE: Final = 16
_CHUNK: Final = 1 << 16  # bytes of content that are sealed together
_TAG: Final = 16
_LETTERS: Final = frozenset("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")  # of bech32: no 1, B, I, O


class NoMatch(Exception):
    """None of the identities given opens the stream."""


class Broken(Exception):
    """A stream that is not what was sealed; `fault` is a finished sentence."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class Reads(Protocol):
    """What a stream is read from."""

    def read(self, size: int = -1, /) -> bytes: ...


class Writes(Protocol):
    """What a stream is written to."""

    def write(self, data: bytes, /) -> object: ...


# ---------------------------------------------------------------- keys


def new_identity() -> str:
    """Return a new secret key, `AGE-SECRET-KEY-1…`."""
    return str(x25519.Identity.generate())


def public_key(identity: str) -> str:
    """Return the public key, `age1…`, to which files are sealed that `identity` opens."""
    return str(x25519.Identity.from_str(identity).to_public())


def read_identity(text: str) -> str:
    """Return the secret key in `text`: typed in groups from a recovery sheet, read from its QR
    code, or a key file of age-keygen.

    Raises `OpsError` that says what is wrong: age's checksum catches every typing error.
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    typed = re.sub(r"[\s\u3000]+", "", "".join(lines)).upper().replace("—", "-").replace("–", "-")
    if typed.startswith("AGE1"):
        raise OpsError(
            tr("This is a public key; it seals backups, but opens none."),
            hint=tr("Enter the secret key of the recovery sheet, which begins with {prefix}.",
                    prefix=SECRET_PREFIX),
        )  # fmt: skip
    hint = tr("Compare it with the recovery sheet, group by group.")
    if not typed.startswith(SECRET_PREFIX):
        raise OpsError(
            tr("A secret key begins with {prefix}.", prefix=SECRET_PREFIX),
            hint=tr("Enter the key of the recovery sheet from its first group on."),
        )
    foreign = sorted(set(typed[len(SECRET_PREFIX) :]) - _LETTERS)
    if foreign:
        raise OpsError(
            tr("After {prefix} no {signs} can stand.", prefix=SECRET_PREFIX,
               signs=tr(", ").join(foreign)),
            hint=hint,
        )  # fmt: skip
    if len(typed) != SECRET_LENGTH:
        raise OpsError(
            tr("The secret key has {expected} characters, these are {found}.",
               expected=SECRET_LENGTH, found=len(typed)),
            hint=hint,
        )  # fmt: skip
    try:
        return str(x25519.Identity.from_str(typed))
    except pyrage.IdentityError as error:
        raise OpsError(
            tr("The secret key's checksum does not hold: a character is mistyped."), hint=hint
        ) from error


def read_recipient(text: str) -> str:
    """Return the public key in `text`; `OpsError` where it is none, or a mistyped one."""
    typed = "".join(text.split())
    if typed.upper().startswith("AGE-SECRET-KEY-"):
        raise OpsError(
            tr("This is a secret key, which nobody should send or show."),
            hint=tr("A recipient is named by the public key, which begins with age1."),
            unharmed=tr("It was not kept."),
        )
    try:
        return str(x25519.Recipient.from_str(typed.lower()))
    except pyrage.RecipientError as error:
        raise OpsError(
            tr("“{typed}” is not a public key of age.", typed=typed[:80]),
            hint=tr("It begins with age1 and has 62 characters; its checksum catches every typo."),
        ) from error


# ---------------------------------------------------------------- streams


def is_age(file: BinaryIO) -> bool:
    """Say whether a file begins as age files do, in binary or armored form."""
    file.seek(0)
    begun = file.read(len(_ARMOR))
    file.seek(0)
    return begun.startswith(_MAGIC) or begun == _ARMOR


def seal(source: Reads, target: Writes, recipients: Sequence[str]) -> None:
    """Write what `source` gives, sealed so that each of `recipients` can open it, to `target`.

    What `source` and `target` raise comes through as it is.
    """
    reading, writing = _Reading(source), _Writing(target)
    keys = [x25519.Recipient.from_str(key) for key in recipients]
    try:
        pyrage.encrypt_io(reading, writing, keys)
    except (pyrage.EncryptError, OSError) as error:
        _raise_theirs(reading, writing)
        raise OpsError(tr("Sealing failed: {why}.", why=error)) from error


def unseal(file: BinaryIO, target: Writes, identities: Sequence[str], sealed_digest: str) -> None:
    """Write the content of the sealed `file` to `target`; use it only once this has returned.

    `sealed_digest` is the SHA-256 that the sealed file should have, or nothing where nobody knows;
    it tells what was added to a file from what was altered.  Raises `Broken`, `NoMatch`, and what
    `target` raises.
    """
    file.seek(0)
    reading, writing = _Reading(file), _Writing(target)
    keys = [x25519.Identity.from_str(identity) for identity in identities]
    try:
        pyrage.decrypt_io(reading, writing, keys)
    except (pyrage.DecryptError, OSError) as error:
        _raise_theirs(reading, writing)
        if isinstance(error, pyrage.DecryptError):
            raise _head_fault(file, str(error), sealed_digest) from error
        raise Broken(_content_fault(file, writing.count, keys, sealed_digest)) from error


class _Reading:
    """Counts what is read, and keeps what the source raised: pyrage hands on only its words."""

    def __init__(self, source: Reads) -> None:
        self._source = source
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self._source.read(size)
        except BaseException as error:
            self.error = error
            raise


class _Writing:
    """The same for what is written."""

    def __init__(self, target: Writes) -> None:
        self._target = target
        self.count = 0
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            self._target.write(data)
        except BaseException as error:
            self.error = error
            raise
        self.count += len(data)
        return len(data)

    def flush(self) -> None:
        """Whoever handed in the target flushes it."""


def _raise_theirs(reading: _Reading, writing: _Writing) -> None:
    if (error := reading.error or writing.error) is not None:
        raise error


# ---------------------------------------------------------------- what is wrong with a stream


@dataclass(frozen=True, slots=True)
class _Head:
    """The beginning of a binary file, up to where its head ends (0 where no end is found)."""

    data: bytes
    end: int
    size: int


def _head(file: BinaryIO) -> _Head:
    size = file.seek(0, 2)
    file.seek(0)
    data = file.read(_HEAD_ROOM)
    found = _HEAD_END.search(data)
    return _Head(data, found.end() if found else 0, size)


def _head_fault(file: BinaryIO, said: str, sealed_digest: str) -> Exception:
    head = _head(file)
    if head.data.startswith(_ARMOR):
        return NoMatch() if "matching" in said else Broken(tr("The armored text is damaged."))
    if not head.data.startswith(_MAGIC):
        return Broken(tr("It is not an age file."))
    if not head.end and head.data.isascii():
        return Broken(tr("It is cut off inside its head, at byte {count}.", count=head.size))
    if head.end and head.size < head.end + _NONCE:
        return Broken(tr("It is cut off after its head, at byte {count}.", count=head.size))
    if "matching" not in said:
        return Broken(tr("Its head is damaged."))
    if _BY_PASSPHRASE in head.data[: head.end]:
        return Broken(tr("It is sealed with a passphrase, not to a key; `age -d` opens it."))
    if sealed_digest and sealed_digest != _sha256(file, head.size).hexdigest():
        return Broken(tr("Its head is damaged."))
    return NoMatch()


def _content_fault(
    file: BinaryIO, written: int, keys: Sequence[x25519.Identity], sealed_digest: str
) -> str:
    """Say what is wrong behind the head; `written` bytes of content were found good."""
    head = _head(file)
    if head.data.startswith(_ARMOR):
        return tr("The armored text is damaged.")
    step = _CHUNK + _TAG
    place = head.end + _NONCE + written // _CHUNK * step
    if end := _true_end(file, place, min(head.size, place + step), sealed_digest):
        return tr("{count} bytes were added behind its end.", count=head.size - end)
    if place + step < head.size:
        return tr("It was altered between byte {start} and byte {end}.", start=place,
                  end=place + step)  # fmt: skip
    if place >= head.size or _goes_on(file, written, keys):
        return tr("It is cut off at byte {count}.", count=head.size)
    return tr("Its end is cut off or altered, from byte {start} on.", start=place)


def _true_end(file: BinaryIO, start: int, stop: int, sealed_digest: str) -> int:
    """Return where from `start` to `stop` a file of that SHA-256 would end, or 0."""
    if not sealed_digest:
        return 0
    wanted, sha256 = bytes.fromhex(sealed_digest), _sha256(file, start)
    file.seek(start)
    for place, byte in enumerate(file.read(stop - start), start + 1):
        sha256.update(bytes((byte,)))
        if sha256.digest() == wanted:
            return place
    return 0


def _goes_on(file: BinaryIO, written: int, keys: Sequence[x25519.Identity]) -> bool:
    """Say whether the last chunk is sound but was not the last: with one byte more it opens."""
    counting = _Writing(_Nowhere())
    try:
        pyrage.decrypt_io(_OneMore(file), counting, keys)
    except (pyrage.DecryptError, OSError):
        return counting.count > written
    return False


class _Nowhere:
    """Takes what nobody wants to keep."""

    def write(self, data: bytes) -> None:
        """Let it go."""


class _OneMore:
    """A file as if one byte more stood at its end."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file, self._ended = file, False

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if data or self._ended:
            return data
        self._ended = True
        return b"\0"


def _sha256(file: BinaryIO, size: int) -> hashlib._Hash:
    file.seek(0)
    sha256 = hashlib.sha256()
    while size and (block := file.read(min(size, 1 << 20))):
        sha256.update(block)
        size -= len(block)
    return sha256
