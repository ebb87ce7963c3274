"""Signatures of documents: what they prove, what they find out, and how they look."""

from __future__ import annotations

import hashlib
import io
import os
import random
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from PIL import Image

import example_month
from gmops_desktop.errors import OpsError
from gmops_desktop.reports import signing, stamp
from gmops_desktop.reports.orders import Document, make_monthly
from gmops_desktop.reports.signing import Sealed, examine, places_of, read_key, sign
from sandbox.signing_keys import PASSWORD, key_file, seal_picture

PARTY_A = "深圳市光明新区工商业联合会"


@pytest.fixture(scope="module")
def made() -> bytes:
    """A monthly report as it stands in the register, unsigned."""
    return make_monthly(example_month.full_month(), Document("GMGSL-YB-2018-04", "zh_CN")).content


@pytest.fixture(scope="module")
def look() -> Sealed:
    seal = stamp.imported_seal(seal_picture())
    return Sealed(seal, "张工", "电子签名 2018-05-02 10:30", date(2018, 5, 2))


@pytest.fixture(scope="module")
def signed(made: bytes, look: Sealed) -> bytes:
    return sign(made, key_file(), PASSWORD, "party_b", look, reason="确认", location="深圳")


@pytest.fixture(scope="module")
def countersigned(signed: bytes, look: Sealed) -> bytes:
    return sign(signed, key_file("王主任", PARTY_A), PASSWORD, "party_a", look)


def test_a_document_is_unsigned_until_it_is_signed(made: bytes) -> None:
    assert examine(made) == signing.Examination("unsigned", (), "", ())


def test_party_b_certifies_and_the_document_stays_byte_for_byte(made: bytes, signed: bytes) -> None:
    assert signed.startswith(made)
    found = examine(signed)

    (only,) = found.signatures
    assert found.verdict == "untouched"
    assert found.original == hashlib.sha256(made).hexdigest()
    assert (only.party, only.certifies, only.revision) == ("party_b", True, 1)
    assert (only.intact, only.whole, only.valid_then) == (True, True, True)
    assert only.holder == "智联信息技术有限公司 · 张工"
    assert only.fingerprint == read_key(key_file(), PASSWORD).fingerprint


def test_party_a_countersigns_and_the_first_signature_stays_valid(
    signed: bytes, countersigned: bytes
) -> None:
    assert countersigned.startswith(signed)
    found = examine(countersigned)

    assert found.verdict == "countersigned"
    assert [(one.party, one.whole) for one in found.signatures] == [
        ("party_b", True),
        ("party_a", True),
    ]
    assert found.signatures[1].holder.startswith(PARTY_A)


def test_pdfsig_agrees(tmp_path: Path, countersigned: bytes) -> None:
    file = tmp_path / "signed.pdf"
    file.write_bytes(countersigned)
    ran = subprocess.run(
        ["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=False
    )

    assert ran.stdout.count("Signature Validation: Signature is Valid.") == 2
    assert ran.stdout.count("Total document signed") == 1
    assert "ETSI.CAdES.detached" in ran.stdout


def test_each_flipped_bit_of_what_is_signed_is_found(signed: bytes) -> None:
    """Bits of the hole for the signature itself are padding, signed by nobody."""
    hole = _hole(signed)
    chosen = random.Random(20181122)
    tries = int(os.environ.get("GMOPS_SOAK", "40"))
    for _ in range(tries):
        place = chosen.randrange(len(signed))
        while place in hole:
            place = chosen.randrange(len(signed))
        damaged = bytearray(signed)
        damaged[place] ^= 1 << chosen.randrange(8)
        found = examine(bytes(damaged))
        assert found.verdict == "altered", f"byte {place}"
        assert found.reasons


def test_what_is_added_after_signing_is_found(signed: bytes, countersigned: bytes) -> None:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    for content in (signed, countersigned):
        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        page["/Rotate"] = generic.NumberObject(180)
        writer.update_container(page)
        edited = io.BytesIO()
        writer.write(edited)

        found = examine(edited.getvalue())

        assert found.verdict == "altered"
        assert "张工" in found.reasons[0]
        assert examine(content + b"\n% a comment").verdict == "altered"


@pytest.mark.parametrize("kept", [0.2, 0.9, 0.999])
def test_half_a_file_is_altered_not_unsigned(signed: bytes, kept: float) -> None:
    found = examine(signed[: int(len(signed) * kept)])

    assert found.verdict == "altered"
    assert found.reasons


def test_what_is_no_pdf_is_said_to_be_none() -> None:
    for content in (b"", b"%PDF-1.7\n", b"PK\x03\x04 a letter"):
        found = examine(content)
        assert found.verdict == "altered"
        assert found.reasons


def test_nobody_signs_twice_and_nobody_signs_what_is_altered(signed: bytes, look: Sealed) -> None:
    with pytest.raises(OpsError, match="already"):
        sign(signed, key_file(), PASSWORD, "party_b", look)
    with pytest.raises(OpsError, match="not signed"):
        sign(signed + b"\n% more", key_file("王主任", PARTY_A), PASSWORD, "party_a", look)


def test_the_places_are_in_the_file_and_the_seal_is_seen_in_its_own(
    made: bytes, signed: bytes
) -> None:
    places = places_of(made)
    page, (left, bottom, right, top) = places["party_b"]
    assert set(places) == {"party_a", "party_b"}

    before, after = _picture(made, page), _picture(signed, page)
    reds = [
        (x / 2, 842 - y / 2)
        for y in range(after.height)
        for x in range(after.width)
        if _red(after.getpixel((x, y))) and not _red(before.getpixel((x, y)))
    ]
    assert len(reds) > 500
    assert all(left <= x <= right and bottom - 1 <= y <= top + 1 for x, y in reds)


def test_name_and_day_are_written_on_their_lines(signed: bytes) -> None:
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        fields = {str(one.T): one for one in pdf.Root.AcroForm.Fields}
    assert set(fields) == {"PartyA", "PartyB"}
    drawn = stamp.draw(216, 80, None, "张工", "电子签名", date(2018, 5, 2))
    text = pypdfium2.PdfDocument(drawn)[0].get_textpage().get_text_range()
    for said in ("张工", "2018", "5", "2", "电子签名"):
        assert said in text


def test_a_document_without_places_is_signed_unseen(look: Sealed) -> None:
    blank = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(blank)

    found = examine(sign(blank.getvalue(), key_file(), PASSWORD, "party_b", look))

    assert found.verdict == "untouched"


def test_wrong_passwords_and_files_are_told() -> None:
    with pytest.raises(OpsError, match="wrong password"):
        read_key(key_file(), "wrong")
    with pytest.raises(OpsError, match="no PKCS#12"):
        read_key(b"hello", "x")
    certificate_only = pkcs12.serialize_key_and_certificates(
        None, None, _certificate(), None, NoEncryption()
    )
    with pytest.raises(OpsError, match="no key"):
        read_key(certificate_only, "")


def test_keys_that_pdf_does_not_know_are_refused() -> None:
    other = pkcs12.serialize_key_and_certificates(
        b"x", ed25519.Ed25519PrivateKey.generate(), None, [_certificate()], NoEncryption()
    )
    with pytest.raises(OpsError):
        read_key(other, "")


def test_an_expired_certificate_shows() -> None:
    key = read_key(key_file(days=30), PASSWORD)
    assert (key.valid_to - key.valid_from).days == 31
    assert not key.own
    assert key.issuer == "智联信息技术有限公司根证书"


def test_the_ground_of_a_scanned_seal_becomes_transparent() -> None:
    for paper in (False, True):
        picture = Image.open(io.BytesIO(stamp.imported_seal(seal_picture(paper=paper))))
        assert picture.mode == "RGBA"
        assert max(picture.size) <= 600
        assert picture.getpixel((5, 5))[3] == 0
        centre = picture.getpixel((picture.width // 2, picture.height // 2))
        assert centre[3] > 200
        assert _red(centre)


def test_no_picture_is_told() -> None:
    with pytest.raises(OpsError, match="seal"):
        stamp.imported_seal(b"not a picture")


def test_a_long_name_stays_in_its_place(made: bytes, look: Sealed) -> None:
    long = replace(look, name="欧阳" * 30)
    assert examine(sign(made, key_file(), PASSWORD, "party_b", long)).verdict == "untouched"


def _hole(content: bytes) -> range:
    """Return where the signature itself stands: from the < to the > of /Contents."""
    start = content.rindex(b"/Contents <") + len(b"/Contents ")
    return range(start, content.index(b">", start) + 1)


def _picture(content: bytes, page: int) -> Image.Image:
    document = pypdfium2.PdfDocument(content)
    document.init_forms()
    picture = document[page].render(scale=2, may_draw_forms=True).to_pil().convert("RGB")
    document.close()
    return picture


def _red(point: object) -> bool:
    red, green, blue = tuple(point)[:3]  # type: ignore[call-overload]
    return red > 140 and green < 90 and blue < 90


def _certificate() -> object:
    return pkcs12.load_key_and_certificates(key_file(), PASSWORD.encode())[1]
