"""What asks for a restart, what is taken of it, and when a plan holds no more."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gmops_desktop import language
from gmops_desktop.contract.change_states import digest_of_plan
from gmops_desktop.contract.restart_lines import left_lines, restart_lines
from gmops_desktop.contract.restarts import HOST, Restart, proposed, units_in
from gmops_desktop.contract.updates import (
    Plan,
    Update,
    drift,
    plan_from_dict,
    to_dict,
    with_restarts,
    with_restarts_of,
)
from gmops_desktop.errors import OpsError

KERNEL = Restart(HOST, "kernel", ("linux-image-amd64",))
LIBC = Restart(HOST, "core", ("libc6",))
FRONT = Restart("front.service", "uses", ("libssl3",))
CRON = Restart("cron.service", "stale")


def plan(*asks: Restart, **more: object) -> Plan:
    update = Update("nginx", "amd64", "1", "2", "Debian-Security", True)
    made = Plan((update,), (), (), (), None, "", datetime(2018, 4, 20, tzinfo=UTC), asks=asks)
    return replace(made, **more)  # type: ignore[arg-type]


def test_what_must_be_is_proposed_and_a_restart_of_the_host_renews_every_unit() -> None:
    assert proposed(()) == ((), False)
    assert proposed((CRON, FRONT)) == (("cron.service", "front.service"), False)
    assert proposed((LIBC, FRONT)) == (("front.service",), False)
    assert proposed((KERNEL, FRONT)) == ((), True)


def test_what_was_taken_is_part_of_the_plan_and_of_its_digest() -> None:
    given = plan(KERNEL, FRONT)
    digests = {
        digest_of_plan(to_dict(one))
        for one in (given, with_restarts(given), with_restarts(given, host=False),
                    with_restarts(given, units=("x.service",)))
    }  # fmt: skip
    assert len(digests) == 4
    for one in (given, with_restarts(given), with_restarts(given, host=False)):
        assert plan_from_dict(json.loads(json.dumps(to_dict(one)))) == one
    assert with_restarts(given).restart_host
    left_up = with_restarts(given, host=False)
    assert (left_up.restarts, left_up.restart_host) == (("front.service",), False)
    older = {name: value for name, value in to_dict(given).items() if "restart" not in name}
    del older["asks"]
    assert plan_from_dict(older).asks is None


def test_where_nothing_can_be_restarted_nothing_is_taken() -> None:
    elsewhere = plan(KERNEL, no_restart="systemd does not run there")
    taken = with_restarts(elsewhere)
    assert (taken.restarts, taken.restart_host) == ((), False)
    for units, host in (((), True), (("x.service",), False)):
        with pytest.raises(OpsError, match="systemd does not run there"):
            with_restarts(elsewhere, units, host)


def test_what_asks_anew_is_drift_and_what_asks_no_more_is_not() -> None:
    approved = with_restarts(plan(FRONT, CRON))
    assert drift(approved, plan(FRONT, CRON)) == drift(approved, plan(FRONT)) == ()
    ssh = Restart("ssh.service", "uses", ("libssl3",))
    assert drift(approved, plan(FRONT, ssh)) == (
        "+ restart of ssh.service: it runs what is replaced now (libssl3)",
    )
    marked = Restart(HOST, "marked", ("linux-base",))
    assert drift(approved, plan(FRONT, marked)) == (
        "+ restart of the server itself: the server itself already asks for it (linux-base)",
    )
    assert drift(with_restarts(plan(KERNEL)), plan(KERNEL, marked)) == ()
    assert drift(replace(approved, asks=None), plan(ssh)) == ()  # of an older program
    # The plan of now keeps what was taken, and has what is new as it is proposed.
    again = with_restarts_of(replace(approved, restarts=("mine.service",)), plan(FRONT, ssh))
    assert (again.restarts, again.restart_host) == (("mine.service", "ssh.service"), False)
    assert with_restarts_of(approved, plan(marked)).restart_host
    assert not with_restarts_of(with_restarts(plan(KERNEL), host=False), plan(KERNEL)).restart_host


def test_units_as_people_write_them() -> None:
    assert units_in(["nginx", "php8.2-fpm.service", "nginx.service", " "]) == (
        "nginx.service", "php8.2-fpm.service",
    )  # fmt: skip
    for name in ("a b", "x;reboot", "$(reboot)", "-a", "../x"):
        with pytest.raises(OpsError, match="names no unit"):
            units_in([name])


@pytest.mark.parametrize("spoken", ["en", "zh_CN"])
def test_every_line_is_a_sentence_of_the_language(spoken: str) -> None:
    language.use(spoken)
    plans = (
        plan(KERNEL, FRONT, services=("nginx.service",), asks_unknown="?"),
        with_restarts(plan(KERNEL, LIBC)), with_restarts(plan(FRONT, CRON)),
        plan(LIBC), plan(), replace(plan(), asks=None), replace(plan(), reboot=True),
        plan(restarts=("x.service",), no_restart="?", restart_host=True),
    )  # fmt: skip
    for one in plans:
        for _state, text in restart_lines(one):
            assert text.endswith("." if spoken == "en" else "。")
            assert text.isascii() == (spoken == "en"), text


def test_a_kernel_without_a_restart_is_said_as_critical() -> None:
    left_up = with_restarts(plan(KERNEL), host=False)
    assert restart_lines(left_up) == (
        ("critical", "The server itself does not restart, though it must: a new kernel runs only "
         "after it (linux-image-amd64)."),
    )  # fmt: skip
    assert restart_lines(with_restarts(plan(KERNEL)))[0][0] == "warning"


def test_what_still_runs_after_is_told_unless_the_server_restarted() -> None:
    outcome = {"waiting": "front.service\n", "reboot": "yes"}
    assert [text for _state, text in left_lines(outcome, restarted=False)] == [
        "These still run what was replaced: front.service.", "The server asks for a restart.",
    ]  # fmt: skip
    assert left_lines(outcome, restarted=True) == ()
    assert left_lines({"waiting": "", "reboot": "no"}, restarted=False) == ()
