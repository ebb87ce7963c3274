"""Sealed archives: opened again byte for byte, or refused with a sentence of its own."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archives import write_table
from gmops_desktop.archive import age
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.archive.sealing import (
    BrokenSeal,
    NoIdentity,
    Seals,
    opened,
    seal,
    unseal,
    verify_any,
)
from gmops_desktop.archive.verification import verify
from gmops_desktop.archive.writer import sidecar
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed

OURS, THEIRS, SAFE = age.new_identity(), age.new_identity(), age.new_identity()
KEYS = [age.public_key(OURS), age.public_key(SAFE)]


@pytest.fixture
def copies(tmp_path: Path) -> PlainCopies:
    return PlainCopies(tmp_path / "opened")


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """An archive of some 300 kB that hardly shrinks, so that its seal has several chunks."""
    path = tmp_path / "one.sql.zst"
    rows = [[f"'{os.urandom(40_000).hex()}'"] for _ in range(6)]
    write_table(path, rows)
    return path


@pytest.fixture
def content(plain: Path) -> bytes:
    return plain.read_bytes()


@pytest.fixture
def sealed(plain: Path, content: bytes, context: Context) -> Path:
    return seal(plain, KEYS, context, identities=[OURS]).path


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if one.is_file())


def read(path: Path, copies: PlainCopies, *identities: str) -> bytes:
    with opened(path, lambda: identities or (OURS,), Context(), copies) as found:
        return found.read_bytes()


def left_open(copies: PlainCopies) -> list[Path]:
    folder = copies.folder
    return [one for one in folder.rglob("*") if one.name != ".in-use"] if folder.exists() else []


# ---------------------------------------------------------------- the whole way


def test_the_plain_file_is_replaced_and_every_recipient_reads_the_same(
    tmp_path: Path, plain: Path, content: bytes, copies: PlainCopies, context: Context
) -> None:
    written = seal(plain, KEYS, context)
    assert written.path == tmp_path / "one.sql.zst.age"
    assert names(tmp_path) == ["one.sql.zst.age", "one.sql.zst.age.sha256"]
    assert written.file_bytes == written.path.stat().st_size
    assert stat.S_IMODE(written.path.stat().st_mode) == 0o600
    digest = hashlib.sha256(written.path.read_bytes()).hexdigest()
    assert written.sha256 == digest
    assert sidecar(written.path).read_text() == f"{digest}  one.sql.zst.age\n"
    assert content[1000:2000] not in written.path.read_bytes()
    for identity in (OURS, SAFE):
        assert read(written.path, copies, identity) == content
        assert read(written.path, copies, THEIRS, identity) == content


def test_the_copy_is_private_named_as_the_archive_and_gone_afterwards(
    sealed: Path, copies: PlainCopies
) -> None:
    with opened(sealed, lambda: [OURS], Context(), copies) as found:
        assert found.name == "one.sql.zst"
        assert stat.S_IMODE(found.stat().st_mode) == 0o600
        assert stat.S_IMODE(found.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(copies.folder.stat().st_mode) == 0o700
        assert verify(found, Context()).ok
    assert left_open(copies) == []
    with (
        pytest.raises(ZeroDivisionError),
        opened(sealed, lambda: [OURS], Context(), copies) as found,
    ):
        raise ZeroDivisionError
    assert left_open(copies) == []


def test_a_plain_archive_is_given_itself_and_no_key_is_asked_for(
    plain: Path, copies: PlainCopies
) -> None:
    def ask() -> Sequence[str]:
        raise AssertionError("asked for a key")

    with opened(plain, ask, Context(), copies) as found:
        assert found == plain
    assert not copies.folder.exists()


@settings(max_examples=25, deadline=None)
@given(size=st.sampled_from([0, 1, 65535, 65536, 65537, 131072, 200_000]), salt=st.binary())
def test_any_content_comes_back(
    tmp_path_factory: pytest.TempPathFactory, size: int, salt: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    content = (salt * (size // max(1, len(salt)) + 1))[:size]
    (folder / "x").write_bytes(content)
    written = seal(folder / "x", KEYS, Context(), identities=[OURS])
    assert read(written.path, PlainCopies(folder / "opened")) == content


def test_taken_out_for_good(sealed: Path, content: bytes, tmp_path: Path) -> None:
    out = tmp_path / "out.sql.zst"
    written = unseal(sealed, out, lambda: [OURS], Context())
    assert out.read_bytes() == content
    assert sidecar(out).read_text() == f"{written.sha256}  out.sql.zst\n"
    assert verify(out, Context()).ok
    with pytest.raises(OpsError, match="exists already"):
        unseal(sealed, out, lambda: [OURS], Context())
    assert out.read_bytes() == content


def test_verified_through_the_seal(sealed: Path, copies: PlainCopies) -> None:
    seals = Seals(lambda: KEYS, lambda: [OURS], copies)
    found = verify_any(sealed, seals.opened, Context())
    assert found.ok, found.faults
    assert found.rows == 6
    assert found.file_bytes == sealed.stat().st_size
    sidecar(sealed).write_text("0" * 64 + "  one.sql.zst.age\n")
    other = verify_any(sealed, seals.opened, Context())
    assert other.faults == ("The sidecar one.sql.zst.age.sha256 states another SHA-256.",)
    assert left_open(copies) == []


# ---------------------------------------------------------------- without a key


def test_public_keys_are_enough_to_seal_but_not_to_read(
    plain: Path, content: bytes, copies: PlainCopies
) -> None:
    seals = Seals(lambda: KEYS, lambda: (), copies)
    assert not seals.can_open()
    written = seals.seal(plain, Context())
    with (
        pytest.raises(NoIdentity, match="none of the keys on this computer") as caught,
        seals.opened(written.path, Context()),
    ):
        pass
    assert "recovery sheet" in caught.value.hint
    with pytest.raises(NoIdentity):
        verify_any(written.path, seals.opened, Context())
    assert read(written.path, copies) == content


def test_a_locked_keyring_does_not_stop_a_backup_but_says_so_when_reading(
    plain: Path, copies: PlainCopies
) -> None:
    def locked() -> Sequence[str]:
        raise OpsError("The keyring cannot be used: dismissed.")

    seals = Seals(lambda: KEYS, locked, copies)
    written = seals.seal(plain, Context())
    with pytest.raises(NoIdentity, match="dismissed"), seals.opened(written.path, Context()):
        pass


def test_the_wrong_identity(sealed: Path, copies: PlainCopies) -> None:
    with pytest.raises(NoIdentity, match=r"one\.sql\.zst\.age is sealed"):
        read(sealed, copies, THEIRS)
    assert left_open(copies) == []


def test_nobody_to_seal_to(plain: Path, content: bytes, context: Context) -> None:
    with pytest.raises(OpsError, match="no key to which"):
        seal(plain, [], context)
    assert plain.read_bytes() == content


# ---------------------------------------------------------------- damage, each by its name


def head_of(data: bytes) -> int:
    return data.index(b"\n--- ") + 49


def flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


CHUNK = 65536 + 16


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda d: b"", "It is not an age file."),
        (lambda d: b"PK\x03\x04" + d[4:], "It is not an age file."),
        (lambda d: d[:15], "It is not an age file."),
        (lambda d: d[:90], "It is cut off inside its head, at byte 90."),
        (lambda d: d[: head_of(d)], "It is cut off after its head"),
        (lambda d: d[: head_of(d) + 9], "It is cut off after its head"),
        (lambda d: d[: head_of(d) + 16], "It is cut off at byte"),
        (lambda d: flip(d, 40), "Its head is damaged."),  # the share of the first recipient
        (lambda d: flip(d, head_of(d) - 9), "Its head is damaged."),  # its checksum
        (lambda d: flip(d, head_of(d) + 3), "It was altered between byte"),  # the nonce
        (lambda d: flip(d, head_of(d) + 16 + CHUNK + 5), "It was altered between byte"),
        (lambda d: d[: head_of(d) + 16 + CHUNK] + d[head_of(d) + 16 + 2 * CHUNK :], "altered"),
        (lambda d: d[: head_of(d) + 16 + 2 * CHUNK], "It is cut off at byte"),
        (lambda d: d[:-1], "Its end is cut off or altered, from byte"),
        (lambda d: flip(d, len(d) - 20), "Its end is cut off or altered, from byte"),
        (lambda d: d + b"x", "1 bytes were added behind its end."),
        (lambda d: d + d, "bytes were added behind its end."),
        (lambda d: d + bytes(200_000), "200000 bytes were added behind its end."),
    ],
)
def test_damage_is_named_and_nothing_is_used(
    sealed: Path, copies: PlainCopies, harm: Callable[[bytes], bytes], sentence: str
) -> None:
    sealed.write_bytes(harm(sealed.read_bytes()))
    with pytest.raises(BrokenSeal) as caught:
        read(sealed, copies)
    assert sentence in caught.value.fault
    assert str(sealed) in caught.value.message
    assert left_open(copies) == []
    found = verify_any(sealed, Seals(lambda: KEYS, lambda: [OURS], copies).opened, Context())
    assert not found.ok
    assert found.faults == (caught.value.fault,)


def test_without_a_sidecar_damage_is_still_refused(sealed: Path, copies: PlainCopies) -> None:
    sidecar(sealed).unlink()
    data = sealed.read_bytes()
    for harmed in (data + b"x", data[:-1], flip(data, len(data) // 2)):
        sealed.write_bytes(harmed)
        with pytest.raises(BrokenSeal):
            read(sealed, copies)


def test_armored_files_open_too(tmp_path: Path, content: bytes, copies: PlainCopies) -> None:
    import base64

    (tmp_path / "x").write_bytes(content)
    data = seal(tmp_path / "x", KEYS, Context()).path.read_bytes()
    text = base64.encodebytes(data).replace(b"\n", b"")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    begin, end = b"-----BEGIN AGE ENCRYPTED FILE-----", b"-----END AGE ENCRYPTED FILE-----"
    armored = tmp_path / "armored.sql.zst.age"
    armored.write_bytes(b"\n".join([begin, *lines, end, b""]))
    assert read(armored, copies) == content
    with pytest.raises(NoIdentity):
        read(armored, copies, THEIRS)
    lines[40] = lines[40].swapcase()
    armored.write_bytes(b"\n".join([begin, *lines, end, b""]))
    with pytest.raises(BrokenSeal, match="The armored text is damaged"):
        read(armored, copies)


def test_a_file_sealed_with_a_passphrase(sealed: Path, copies: PlainCopies) -> None:
    from pyrage import passphrase

    sealed.write_bytes(passphrase.encrypt(b"content", "words"))
    with pytest.raises(BrokenSeal, match="sealed with a passphrase"):
        read(sealed, copies)


def test_a_file_that_is_not_there(tmp_path: Path, copies: PlainCopies, context: Context) -> None:
    with pytest.raises(OpsError, match="cannot be read"):
        read(tmp_path / "none.sql.zst.age", copies)
    with pytest.raises(OpsError, match="cannot be read"):
        seal(tmp_path / "none.sql.zst", KEYS, context)


# ---------------------------------------------------------------- the disk, cancelling, killing


def test_a_full_disk_while_sealing_leaves_the_plain_archive(
    tmp_path: Path, plain: Path, content: bytes, full_disk: AbstractContextManager[None]
) -> None:
    with full_disk, pytest.raises(OpsError, match="could not be written") as caught:
        seal(plain, KEYS, Context())
    assert "Free some space" in caught.value.hint
    assert names(tmp_path) == ["one.sql.zst", "one.sql.zst.sha256"]
    assert plain.read_bytes() == content


def test_a_full_disk_while_opening_leaves_no_copy(
    sealed: Path, copies: PlainCopies, full_disk: AbstractContextManager[None], tmp_path: Path
) -> None:
    with full_disk, pytest.raises(OpsError, match="could not be written"):
        read(sealed, copies)
    assert left_open(copies) == []


def test_a_full_disk_while_unsealing_leaves_nothing(
    sealed: Path, full_disk: AbstractContextManager[None], tmp_path: Path
) -> None:
    with full_disk, pytest.raises(OpsError, match="could not be written"):
        unseal(sealed, tmp_path / "out.sql.zst", lambda: [OURS], Context())
    assert names(tmp_path) == ["one.sql.zst.age", "one.sql.zst.age.sha256"]


def test_space_is_looked_for_before_the_first_byte(
    sealed: Path, copies: PlainCopies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1))
    with pytest.raises(OpsError, match=os.strerror(errno.ENOSPC)) as caught:
        read(sealed, copies)
    assert "Free some space" in caught.value.hint


@pytest.mark.parametrize("at", [10, 60])
def test_cancelled_at_any_step_the_plain_archive_stays(
    tmp_path: Path, plain: Path, content: bytes, at: int
) -> None:
    def stop(progress: Progress) -> None:
        if progress.percent is not None and progress.percent >= at:
            context.cancel()

    context = Context(stop)
    context._INTERVAL = 0.0  # type: ignore[misc]  # every step is reported
    with pytest.raises(Cancelled):
        seal(plain, KEYS, context, identities=[OURS])
    assert names(tmp_path) == ["one.sql.zst", "one.sql.zst.sha256"]
    assert plain.read_bytes() == content


def test_opening_can_be_cancelled(sealed: Path, copies: PlainCopies) -> None:
    context = Context(lambda progress: context.cancel())
    with pytest.raises(Cancelled), opened(sealed, lambda: [OURS], context, copies):
        pass
    assert left_open(copies) == []


def test_an_archive_that_changed_on_the_disk_is_not_sealed(plain: Path, tmp_path: Path) -> None:
    plain.write_bytes(flip(plain.read_bytes(), 1000))
    with pytest.raises(ProofFailed, match="no longer the file"):
        seal(plain, KEYS, Context())
    assert names(tmp_path) == ["one.sql.zst", "one.sql.zst.sha256"]


def test_an_archive_is_never_overwritten_or_sealed_twice(
    sealed: Path, plain: Path, content: bytes
) -> None:
    before = sealed.read_bytes()
    plain.write_bytes(content)
    with pytest.raises(OpsError, match="exists already"):
        seal(plain, KEYS, Context())
    with pytest.raises(OpsError, match="sealed already"):
        seal(sealed, KEYS, Context())
    assert sealed.read_bytes() == before
    assert plain.read_bytes() == content


HOLD = """
import sys
from pathlib import Path
from gmops_desktop.archive.plain_copies import PlainCopies
with PlainCopies(Path(sys.argv[1])).room("one.sql.zst") as path:
    path.write_bytes(b"rows of members")
    print("open", flush=True)
    sys.stdin.read()
"""


def test_copies_of_a_killed_program_are_swept_but_not_those_in_use(copies: PlainCopies) -> None:
    command = [sys.executable, "-c", HOLD, str(copies.folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as other:
        assert other.stdout
        assert other.stdout.readline() == b"open\n"
        assert copies.sweep() == 0
        assert len(list(copies.folder.rglob("one.sql.zst"))) == 1
        other.send_signal(signal.SIGKILL)
    assert len(list(copies.folder.rglob("one.sql.zst"))) == 1
    assert copies.sweep() == 1
    assert left_open(copies) == []


SEAL = """
import sys
from pathlib import Path
from gmops_desktop.archive.sealing import seal
from gmops_desktop.context import Context
print("begun", flush=True)
seal(Path(sys.argv[1]), [sys.argv[2]], Context(), identities=[sys.stdin.read()])
"""


def test_what_a_killed_program_left_of_the_sidecar_goes_with_the_next(tmp_path: Path) -> None:
    plain = tmp_path / "one.sql.zst"
    plain.write_bytes(b"rows of members")
    (tmp_path / ".one.sql.zst.age.sha256.33c68702.part").write_bytes(b"33c687")
    (tmp_path / ".two.sql.zst.age.sha256.33c68702.part").write_bytes(
        b"another's, perhaps still written"
    )
    seal(plain, KEYS, Context())
    assert names(tmp_path) == [
        ".two.sql.zst.age.sha256.33c68702.part",
        "one.sql.zst.age",
        "one.sql.zst.age.sha256",
    ]


def test_killed_at_any_moment_one_whole_archive_is_left(
    tmp_path: Path, copies: PlainCopies
) -> None:
    content = os.urandom(20_000_000)
    ends = set()
    for number in range(12):
        folder = tmp_path / str(number)
        folder.mkdir()
        plain, sealed = folder / "one.sql.zst", folder / "one.sql.zst.age"
        plain.write_bytes(content)
        command = [sys.executable, "-c", SEAL, str(plain), KEYS[0]]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write(OURS.encode())
            process.stdin.close()
            assert process.stdout.readline() == b"begun\n"
            try:
                process.wait(timeout=0.04 * number)
            except subprocess.TimeoutExpired:
                process.kill()
        if sealed.exists():
            assert read(sealed, copies) == content
        else:
            assert plain.read_bytes() == content
            seal(plain, KEYS, Context())
            assert names(folder) == ["one.sql.zst.age", "one.sql.zst.age.sha256"]
        ends.add(process.returncode)
    assert -signal.SIGKILL in ends, "it was never interrupted"


# ---------------------------------------------------------------- keys


def test_an_identity_is_read_however_it_was_typed() -> None:
    groups = " ".join([OURS[:16], *(OURS[at : at + 4] for at in range(16, 74, 4))])
    file = f"# created: 2018-04-01\n# public key: {KEYS[0]}\n{OURS}\n"
    for typed in (OURS, groups, groups.lower(), groups.replace(" ", "\n"), file, f" {OURS}\r\n"):
        assert age.read_identity(typed) == OURS


@given(place=st.integers(16, 73), letter=st.sampled_from("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"))
def test_every_mistyped_character_is_caught(place: int, letter: str) -> None:
    typed = OURS[:place] + letter + OURS[place + 1 :]
    if typed == OURS:
        return
    with pytest.raises(OpsError, match="checksum"):
        age.read_identity(typed)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "begins with AGE-SECRET-KEY-1"),
        (OURS[1:], "begins with AGE-SECRET-KEY-1"),
        (KEYS[0], "public key"),
        (OURS[:-4], "has 74 characters, these are 70"),
        (OURS[:20] + "OI" + OURS[22:], "no I, O can stand"),
        (OURS[:16] + OURS[16:][::-1], "checksum"),
    ],
    ids=["nothing", "cut before", "public", "cut after", "letters", "another order"],
)
def test_what_is_wrong_with_a_typed_identity(typed: str, sentence: str) -> None:
    with pytest.raises(OpsError, match=sentence) as caught:
        age.read_identity(typed)
    assert caught.value.hint
    assert OURS[20:40] not in caught.value.message + caught.value.hint


def test_recipients_are_checked_when_entered() -> None:
    key = KEYS[0]
    assert age.read_recipient(f" {key[:30]}\n{key[30:]} ") == key
    assert age.read_recipient(key.upper()) == key
    for wrong in ("", "age1", key[:-1], key[:-1] + ("q" if key[-1] != "q" else "p"), "ssh-rsa A"):
        with pytest.raises(OpsError, match="not a public key"):
            age.read_recipient(wrong)
    with pytest.raises(OpsError, match="secret key") as caught:
        age.read_recipient(OURS)
    assert OURS[16:30] not in caught.value.message + caught.value.hint


# ---------------------------------------------------------------- the stock tool


def test_the_stock_tools_read_what_we_seal(tmp_path: Path, plain: Path, content: bytes) -> None:
    key_file = tmp_path / "key.txt"
    key_file.write_text(f"# from the recovery sheet\n{SAFE}\n")
    rows = subprocess.run(["zstd", "-dc", plain], check=True, capture_output=True).stdout
    sealed = seal(plain, KEYS, Context()).path
    command = f"age -d -i {key_file} {sealed} | zstd -dc"
    ran = subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True, capture_output=True)
    assert ran.stdout == rows
    ran = subprocess.run(
        ["sha256sum", "-c", sidecar(sealed).name], cwd=tmp_path, check=True, capture_output=True
    )
    assert ran.stdout == b"one.sql.zst.age: OK\n"


@pytest.mark.parametrize("form", [[], ["--armor"]])
def test_we_read_what_the_stock_tools_seal(
    tmp_path: Path, plain: Path, content: bytes, copies: PlainCopies, form: list[str]
) -> None:
    sealed = tmp_path / "two.sql.zst.age"
    made = subprocess.run(["age-keygen"], check=True, capture_output=True, text=True).stdout
    identity = age.read_identity(made)
    to = [word for key in (KEYS[1], age.public_key(identity)) for word in ("-r", key)]
    subprocess.run(["age", *form, *to, "-o", sealed, plain], check=True)
    assert read(sealed, copies, identity) == read(sealed, copies, SAFE) == content
