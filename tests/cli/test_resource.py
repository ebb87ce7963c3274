"""`gmops resource` as scripts run it: a cloud account is entered, tested and looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmops import Ran, gmops
from gmops_desktop.contract.cloud_rights import policy_of
from gmops_desktop.paths import Home
from sandbox.tencent import Tencent

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tencent]:
    with Tencent(tmp_path_factory.mktemp("tencent")) as server:
        yield server


def test_a_cloud_account_from_the_first_word_to_the_last(
    home: Home, cloud: Tencent, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text(f"{cloud.secret_key}\n", "utf-8")
    key.chmod(0o600)
    words = ("add-cloud", "cloud", "--secret-id", cloud.secret_id)

    keyring = {
        "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
        "PYTHONPATH": str(Path(__file__).parents[1] / "helpers"),
        "GMOPS_TEST_KEYRING": str(tmp_path / "keyring.json"),
    }
    given = {"GMOPS_PASSWORD_FILE": str(key)}

    def run(*said: str, **more: str) -> Ran:
        return gmops(*said, home=home.root, **keyring, **more)

    def resource(*said: str, **more: str) -> Ran:
        return run("resource", *said, **more)

    refused = resource(*words)  # nobody is there to be asked
    assert refused.code != 0
    endpoint = ("--endpoint", f"http://{cloud.endpoint}")
    added = resource(*words, *endpoint, **given)
    assert added.code == 0, added.err
    assert cloud.secret_key not in added.out + added.err
    again = resource(*words, **given)
    assert "There is a resource called cloud already" in again.err
    [listed] = json.loads(resource("list", "--json").out)["resources"]
    assert listed["address"] == f"{cloud.secret_id} @ ap-guangzhou"

    assert resource("test", "cloud").code == 0
    cloud.behave(denied=["DescribeAccountBalance"], server_state="STOPPED")
    tested = resource("test", "cloud")
    assert tested.code == 0
    assert policy_of(["finance:DescribeAccountBalance"]) in tested.err.splitlines()  # to be copied
    status = json.loads(run("status", "--json").out)
    [look] = status["looks"]
    assert (look["state"], look["kind"]) == ("critical", "cloud")
    assert look["details"]["denied"] == {"balance": "finance:DescribeAccountBalance"}
    assert look["details"]["runs_out"][0]["what"] == "database"
    shown = run("status", "--details").out
    assert "finance:DescribeAccountBalance" in shown
    cloud.behave()

    key.write_text("wrong\n", "utf-8")
    assert resource("remove", "cloud").code == 0
    assert resource(*words, *endpoint, **given).code == 0
    tested = resource("test", "cloud")
    assert tested.code == 1
    assert "SignatureFailure" in tested.out


def test_a_server_without_ssh_is_looked_at_through_the_agent(
    home: Home, cloud: Tencent, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text(f"{cloud.secret_key}\n", "utf-8")
    more = {
        "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
        "PYTHONPATH": str(Path(__file__).parents[1] / "helpers"),
        "GMOPS_TEST_KEYRING": str(tmp_path / "keyring.json"),
    }
    words = ("--instance", "ins-sandbox1", "--secret-id", cloud.secret_id,
             "--endpoint", f"http://{cloud.endpoint}")  # fmt: skip
    added = gmops("resource", "add-tat", "web", *words, home=home.root,
                  GMOPS_PASSWORD_FILE=str(key), **more)  # fmt: skip
    assert added.code == 0, added.err
    status = gmops("status", "--json", home=home.root, **more).answer
    [look] = status["looks"]
    assert look["kind"] == "host"
    assert look["details"]["cores"]
    assert "cpu" not in look["details"]["notes"], "it is looked at twice, for its rates"
    cloud.behave(server_state="STOPPED")
    [look] = gmops("status", "--json", home=home.root, **more).answer["looks"]
    assert look["state"] == "critical"
    assert "InstanceStateNotRunning" in look["reason"]
    cloud.behave()
