"""Addresses are written and read back the same, and never hold a secret."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.addresses import (
    AccountAddress,
    Address,
    CloudAddress,
    Kind,
    MysqlAddress,
    SshAddress,
    TatAddress,
    WebAddress,
    address_from_dict,
    address_to_dict,
    parse_mysql,
    parse_ssh,
)
from gmops_desktop.errors import OpsError

names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
hosts = st.from_regex(r"[a-z][a-z0-9\-]{0,20}(\.[a-z]{2,5})?", fullmatch=True) | st.ip_addresses(
    v=4
).map(str) | st.ip_addresses(v=6).map(lambda ip: ip.compressed)  # fmt: skip
ports = st.integers(1, 65535)
ssh_addresses = st.builds(
    SshAddress, hosts, ports, st.from_regex(r"[a-z_][a-z0-9_\-]*", fullmatch=True)
)


@settings(deadline=None)
@given(ssh_addresses)
def test_ssh_addresses_read_back(address: SshAddress) -> None:
    assert parse_ssh(str(address)) == address


@settings(deadline=None)
@given(st.builds(MysqlAddress, hosts, ports, names, names))
def test_mysql_addresses_read_back(address: MysqlAddress) -> None:
    assert parse_mysql(str(address)) == address


@settings(deadline=None)
@given(
    st.tuples(st.just("host"), ssh_addresses | st.builds(TatAddress, names, names, names))
    | st.tuples(
        st.just("mysql"),
        st.builds(MysqlAddress, hosts, ports, names, names, st.none() | ssh_addresses),
    )
    | st.tuples(
        st.just("website"),
        st.builds(WebAddress, names, names, pages=st.lists(names, max_size=2).map(tuple)),
    )
    | st.tuples(st.just("account"), st.builds(AccountAddress, names, ssh=st.none() | ssh_addresses))
    | st.tuples(
        st.just("cloud"),
        st.builds(CloudAddress, names, st.lists(names, min_size=1, max_size=3).map(tuple)),
    )
)
def test_stored_addresses_read_back(pair: tuple[Kind, Address]) -> None:
    kind, address = pair
    stored = json.loads(json.dumps(address_to_dict(address)))
    assert address_from_dict(kind, stored) == address


def test_what_is_left_out_has_its_usual_value() -> None:
    assert parse_ssh("web1") == SshAddress("web1", 22, "root")
    assert parse_mysql("mysql://ops@db/site") == MysqlAddress("db", 3306, "ops", "site")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mysql://",
        "mysql://ops@db",
        "mysql://ops@db/",
        "mysql://db/site",
        "postgres://ops@db/site",
        "mysql://ops@db:0/site",
        "mysql://ops@db:99999/site",
        "mysql://ops@db:x/site",
        "mysql://ops@[::1/site",
        "ops@db/site",
    ],
)
def test_what_is_not_an_address_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(OpsError, match="is not") as caught:
        parse_mysql(text)
    assert "mysql://user@host:port/schema" in caught.value.hint


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(OpsError, match="must not hold a password") as caught:
        parse_mysql("mysql://ops:hunter2@db/site")
    assert "hunter2" not in caught.value.message + caught.value.hint
