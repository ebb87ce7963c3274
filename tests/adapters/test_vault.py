"""Secrets go to the keyring or nowhere, and never to the log."""

from __future__ import annotations

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked, PasswordSetError

from gmops_desktop.adapters.vault import SERVICE, NoSecret, Vault
from gmops_desktop.errors import OpsError
from gmops_desktop.log import redact


def test_a_secret_is_kept_found_and_forgotten() -> None:
    vault = Vault()
    assert vault.find("ssh:a@b:22") is None
    vault.put("ssh:a@b:22", "s3cret-one")
    assert vault.get("ssh:a@b:22") == keyring.get_password(SERVICE, "ssh:a@b:22") == "s3cret-one"
    vault.delete("ssh:a@b:22")
    vault.delete("ssh:a@b:22")
    with pytest.raises(NoSecret, match=r"ssh:a@b:22") as caught:
        vault.get("ssh:a@b:22")
    assert caught.value.hint


def test_every_secret_that_passes_is_struck_out_of_the_log() -> None:
    keyring.set_password(SERVICE, "old", "kept-from-before")
    Vault().get("old")
    Vault().put("new", "entered-just-now")
    assert redact("x kept-from-before y entered-just-now z") == "x ●●● y ●●● z"


@pytest.mark.parametrize("backend", [fail.Keyring(), null.Keyring()])
def test_a_machine_without_keyring_is_refused_not_worked_around(backend: KeyringBackend) -> None:
    keyring.set_keyring(backend)
    for act in (Vault().backend, lambda: Vault().find("a"), lambda: Vault().put("a", "secret")):
        with pytest.raises(OpsError, match="none that answers") as caught:
            act()
        assert caught.value.hint
        assert caught.value.unharmed == "No password was written anywhere else."


class Locked(KeyringBackend):
    """A keyring whose owner does not unlock it."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("dismissed")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise PasswordSetError("dismissed")


def test_a_locked_keyring_says_why() -> None:
    keyring.set_keyring(Locked())
    with pytest.raises(OpsError, match="dismissed"):
        Vault().find("a")
    with pytest.raises(OpsError, match="dismissed"):
        Vault().put("a", "secret-value")


class PlaintextKeyring(Locked):
    """Named like the one of keyrings.alt that writes passwords readable for everyone."""


def test_plain_text_is_refused() -> None:
    keyring.set_keyring(PlaintextKeyring())
    with pytest.raises(OpsError, match="plain text"):
        Vault().put("a", "secret")
