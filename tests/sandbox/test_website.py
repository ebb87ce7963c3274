"""The example website answers for real, and fails as websites do."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from sandbox import site_data
from sandbox.mariadb import MariaDB
from sandbox.website import KEYWORD, Website


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    with MariaDB(tmp_path_factory.mktemp("site-db")) as server:
        site_data.seed(server, site_data.SMALL)
        yield server


@pytest.fixture(scope="module")
def website(database: MariaDB, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with Website(tmp_path_factory.mktemp("site"), database, certificate_days=20) as site:
        yield site


def get(url: str, **options: object) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=10, **options) as client:
        return client.get(url)


def test_the_front_page_comes_from_the_database(website: Website) -> None:
    front = get(website.plain_address.url)
    assert front.status_code == 200
    assert KEYWORD in front.text
    assert "光明新区工商联" in front.text
    link = front.text.split('href="/article/')[1].split('"')[0]
    article = get(f"{website.plain_address.url}article/{link}")
    assert len(article.text) > 1000
    assert get(f"{website.plain_address.url}article/999999").status_code == 404
    assert get(f"{website.plain_address.url}members").text.count("有限公司") > 50
    for place in set(re.findall(r'href="/([^"]*)"', front.text)):
        assert get(f"{website.plain_address.url}{place}").status_code == 200, place


def test_the_back_end_page_comes_from_the_program_files(website: Website) -> None:
    admin = get(website.plain_address.admin_url)
    assert "管理后台" in admin.text
    page = website.program / "admin.html"
    before = page.read_bytes()
    page.write_bytes(before.replace("管理后台".encode(), "维护中".encode()))
    assert "维护中" in get(website.plain_address.admin_url).text
    page.write_bytes(before)


def test_tls_is_trusted_through_its_own_authority_alone(website: Website) -> None:
    trusting = ssl.create_default_context(cafile=website.address.ca)
    assert KEYWORD in get(website.address.url, verify=trusting).text
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        get(website.address.url, verify=ssl.create_default_context())
    certificate = x509.load_pem_x509_certificate(website.certificate.certificate.read_bytes())
    from datetime import UTC, datetime

    assert (certificate.not_valid_after_utc - datetime.now(UTC)).days == 20


def test_a_fault_is_switched_on_and_off_by_a_file(website: Website) -> None:
    website.fail_with(503)
    assert get(website.plain_address.url).status_code == 503
    website.fail_with(None)
    assert get(website.plain_address.url).status_code == 200


def test_without_its_database_the_site_says_so(database: MariaDB, tmp_path: Path) -> None:
    with MariaDB(tmp_path / "db") as lonely, Website(tmp_path / "site", lonely) as site:
        lonely.kill()
        answer = get(site.plain_address.url)
        assert answer.status_code == 500
        assert "数据库连接失败" in answer.text
        assert get(site.plain_address.admin_url).status_code == 200
