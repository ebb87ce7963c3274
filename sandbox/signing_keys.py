"""Keys to sign with, made when they are asked for: a company's own root, and its key below."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from PIL import Image, ImageDraw

PASSWORD = "correct horse"


@cache
def key_file(
    person: str = "张工", company: str = "智联信息技术有限公司", *, days: int = 3650
) -> bytes:
    """Return a PKCS#12 file with a key of `person` at `company`, its certificate, and the root."""
    root_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    root_name = _name(f"{company}根证书", company)
    root = _certificate(root_name, root_key, root_name, root_key, days, root=True)
    certificate = _certificate(_name(person, company), key, root_name, root_key, days, root=False)
    return pkcs12.serialize_key_and_certificates(
        b"signing", key, certificate, [root], BestAvailableEncryption(PASSWORD.encode())
    )


def seal_picture(*, paper: bool = False) -> bytes:
    """Return a red ring with a star in it, on nothing or on white paper; nobody's seal."""
    picture = Image.new("RGBA", (800, 800), (255, 255, 255, 255 if paper else 0))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((20, 20, 780, 780), outline=(200, 20, 20, 255), width=28)
    turns = (math.tau * place / 10 - math.tau / 4 for place in range(10))
    reaches = (60, 160)[::-1] * 5
    star = [(400 + far * math.cos(turn), 400 + far * math.sin(turn))
            for far, turn in zip(reaches, turns, strict=True)]  # fmt: skip
    pen.polygon(star, fill=(200, 20, 20, 255))
    made = BytesIO()
    (picture.convert("RGB") if paper else picture).save(made, "PNG")
    return made.getvalue()


def _name(common: str, company: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, company),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    subject: x509.Name,
    key: rsa.RSAPrivateKey,
    issuer: x509.Name,
    issuer_key: rsa.RSAPrivateKey,
    days: int,
    *,
    root: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not root, content_commitment=not root, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=root, crl_sign=root,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
