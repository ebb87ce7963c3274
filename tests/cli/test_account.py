"""`gmops account` as scripts run it, against the stand-in for WeChat, called through a server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gmops import Ran, gmops
from gmops_desktop.assembly import assemble
from gmops_desktop.paths import Home
from sandbox.sshd import Sshd
from sandbox.wechat import Wechat

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wechat]:
    with Wechat(tmp_path_factory.mktemp("wechat")) as running:
        yield running


@pytest.fixture
def wechat(server: Wechat) -> Wechat:
    (server.folder / "account.json").unlink(missing_ok=True)
    server.configure(certified=True)
    return server


@pytest.fixture
def site(home: Home, wechat: Wechat, sshd: Sshd) -> Path:
    """A home whose contract has one account, reached through a server whose key is known."""
    home.known_hosts.write_text(sshd.known_hosts_line())
    with assemble(home) as services:
        address = replace(wechat.address, ssh=sshd.address)
        services.contracts.save_resource("account", "公众号", address)
    (home.root / "key").write_text(f"{wechat.secret}\n", "utf-8")
    return home.root


def run(site: Path, *words: str | Path) -> Ran:
    return gmops("account", *words, home=site, GMOPS_PASSWORD_FILE=str(site / "key"))


def spoil(wechat: Wechat) -> None:
    held = wechat.holdings.load()
    held["menu"][0]["url"] = "https://gambling.example/"
    wechat.holdings.save(held)


def test_take_list_diff_and_restore(site: Path, wechat: Wechat, tmp_path: Path) -> None:
    taken = run(site, "take", "--json")
    assert taken.code == 0, taken.err
    path = Path(taken.answer["path"])
    text = subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout
    assert json.loads(text)["menu"]["menu"]["button"][0]["name"] == "官网"
    assert wechat.secret not in text.decode() + taken.out + taken.err
    assert "8 buttons" in run(site, "take").out
    assert path.name.split("-")[0] in run(site, "list").out
    assert gmops("backup", "verify", path, home=site).code == 0
    assert run(site, "diff").code == 0

    spoil(wechat)
    differing = run(site, "diff", date.today().isoformat(), "now")
    assert differing.code == 4
    assert (
        "~ [menu] 官网: changed (opens https://chamber.example/ → opens "
        "https://gambling.example/)" in differing.out
    )
    as_json = run(site, "diff", path, "now", "--json")
    assert [one["name"] for one in as_json.answer["differences"]] == ["官网"]

    refused = run(site, "restore-menu", path)
    assert refused.code == 1
    assert "was not confirmed" in refused.err
    assert "What would change" in refused.err
    done = run(site, "restore-menu", path, "--confirm", wechat.address.app_id, "--json")
    assert done.code == 0, done.err
    assert done.answer["proved"] is True
    assert Path(done.answer["safety"]["path"]).exists()
    assert run(site, "diff").code == 0  # against the newest archive that is no safety copy
    again = run(site, "restore-menu", path, "--confirm", wechat.address.app_id)
    assert "is the archive's already" in again.out


def test_refusals_are_sentences(site: Path, wechat: Wechat) -> None:
    early = (date.today() - timedelta(days=3)).isoformat()
    assert "no archive of an account from that day" in run(site, "diff", early).err
    path = Path(run(site, "take", "--json").answer["path"])
    spoil(wechat)
    wechat.configure(certified=False)
    ran = run(site, "restore-menu", path, "--confirm", wechat.address.app_id)
    assert ran.code == 1
    assert "48001" in ran.err
    assert "The menu was not changed." in ran.err
    wechat.configure(whitelist=[])
    try:
        # The stand-in's token is of the stable kind: a new secret asks for it anew.
        ran = run(site, "take")
        assert ran.code == 1
        assert "40164" in ran.err
        assert "whitelist" in ran.err
    finally:
        wechat.configure(whitelist=["127.0.0.1"])
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    assert gmops("backup", "verify", path, home=site).code == 3
    assert run(site, "diff", path).code == 3


def test_quotas_are_cleared_by_the_appid(site: Path, wechat: Wechat) -> None:
    wechat.configure(cleared={})
    refused = run(site, "clear-quota")
    assert refused.code == 1
    assert "not confirmed" in refused.err
    done = run(site, "clear-quota", "--confirm", wechat.address.app_id, "--json")
    assert done.code == 0, done.err
    assert (done.answer["count"], done.answer["account"]) == (1, wechat.address.app_id)
