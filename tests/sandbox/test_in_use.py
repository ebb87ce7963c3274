"""The product's own adapters at work on a whole sandbox, as the tour and a newcomer use it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gmops_desktop.adapters import host, packages, web, wechat
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.adapters.tencent import Tencent
from gmops_desktop.context import Context
from sandbox.box import Facts, Sandbox
from sandbox.patch_target import HELD
from sandbox.vault import SERVICE


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    box = Sandbox(tmp_path_factory.mktemp("in-use") / "sandbox", small=True)
    try:
        box.start()
        yield box
    finally:
        box.stop()


@pytest.fixture(scope="module")
def facts(box: Sandbox) -> Facts:
    return box.start()


@pytest.fixture
def shell(box: Sandbox, facts: Facts, context: Context) -> Iterator[Ssh]:
    with Ssh.open(facts.ssh, context, password=None, known_hosts=box.home.known_hosts) as shell:
        yield shell


def test_the_host_shows_its_figures(shell: Ssh, context: Context) -> None:
    found = host.look(shell, context)
    assert found.cores
    assert found.cores > 0
    assert found.memory_total
    assert any(disk.mount == "/" for disk in found.disks)


def test_the_hosts_packages_wait_to_be_patched(shell: Ssh, context: Context) -> None:
    found = packages.scan(shell, context)
    assert found.unknown == ""
    security = {update.name for update in found.updates if update.security}
    assert {"nginx", "openssl", "linux-image-amd64"} <= security
    assert "apparmor-security-profiles" not in security, "judged by its name"
    assert found.held == HELD
    chosen = [update for update in found.updates if update.name in {"nginx", "tzdata"}]
    plan = packages.simulate(shell, chosen, context)
    assert {update.name for update in plan.packages} == {"nginx", "tzdata"}


def test_the_website_is_up_and_its_certificate_trusted(facts: Facts, context: Context) -> None:
    found = web.look(facts.web, context)
    assert found.status == 200
    assert found.keyword_found
    assert found.tls_trusted
    assert found.tls_days
    assert int(found.tls_days) == 60
    assert found.admin_status == 200


def test_the_clouds_stand_ins_answer(box: Sandbox, facts: Facts, context: Context) -> None:
    key = box.keyring.get_password(SERVICE, facts.cloud.secret_name)
    assert key
    cloud = Tencent(facts.cloud.secret_id, key, endpoint=facts.cloud.endpoint)
    assert cloud.identity(context).account == "100000000001"
    secret = box.keyring.get_password(SERVICE, facts.wechat.secret_name)
    # Yesterday's statistics are ready at eight; the day before's always.
    yesterday = datetime.now(UTC) - timedelta(days=1)
    token = box.keyring.get_password(SERVICE, facts.wechat.callback_secret_name)
    assert token
    site = wechat.Callback(token)
    found = wechat.look(facts.wechat, secret, context, site=site, now=lambda: yesterday)
    assert found.sections == {}
    assert found.followers
    assert found.followers > 8_000
