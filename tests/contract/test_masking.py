"""Secrets in files of configuration: found, shown as dots, and put back as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.masking import MASK, masked, put_back, spans_of, taken_out

SECRET = "s3cr3t/+=x9"
LINES = [
    f"password = {SECRET}\n",
    f'"db_password": "{SECRET}",\n',
    f"define('DB_PASSWORD', '{SECRET}');\n",
    f"fastcgi_param DB_PASSWORD {SECRET};\n",
    f"requirepass {SECRET}\n",
    f"url = mysql://site:{SECRET}@10.0.0.5/chamber\n",
    f"ALTER USER site IDENTIFIED BY '{SECRET}';\n",
    f"  'app_key' => '{SECRET}',\n",
    f"AppSecret: {SECRET}\n",
    f'proxy_set_header Authorization "Bearer {SECRET}";\n',
    f'set $db_password "{SECRET}";\n',
    f"密码={SECRET}\n",
    f"#password = {SECRET}\n",
]
PLAIN = [
    "ssl_certificate_key /etc/ssl/private/site.key;\n",
    "PasswordAuthentication no\n",
    "server_tokens off;\n",
    "listen 443 ssl;\n",
    "# the password is in the keyring\n",
    "keepalive_timeout 65;\n",
    "location = /token { return 404; }\n",
]
KEY = [
    "-----BEGIN RSA PRIVATE KEY-----\n", f"{SECRET}AAAA\n", f"{SECRET}BBBB\n",
    "-----END RSA PRIVATE KEY-----\n",
]  # fmt: skip


def shown(lines: list[str]) -> list[str]:
    return [masked(*one) for one in zip(lines, spans_of(lines), strict=True)]


def test_what_looks_like_a_secret_is_not_seen() -> None:
    for line in LINES:
        (seen,) = shown([line])
        assert SECRET not in seen, line
        assert MASK in seen
    assert SECRET not in "".join(shown(KEY))
    assert shown([*KEY, "listen 80;\n"])[-1] == "listen 80;\n"


def test_what_is_none_stays_readable() -> None:
    assert shown(PLAIN) == PLAIN


@given(st.lists(st.sampled_from([*LINES, *PLAIN, *KEY]) | st.text(max_size=40), max_size=12))
def test_what_was_taken_out_can_be_put_back(lines: list[str]) -> None:
    marked, secrets = taken_out(zip(lines, spans_of(lines), strict=True))
    assert put_back(marked, secrets) == tuple(lines)
