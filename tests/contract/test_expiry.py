"""Whose word counts, when it is doubtful, and on which days people are reminded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.contract.domains import domain_of
from gmops_desktop.contract.expiry import Claim, Expiry, ExpiryKind, Said, Thing, in_order, judged
from gmops_desktop.contract.expiry_reminders import (
    OVER,
    REMINDERS,
    evidence_of,
    is_reminder,
    renewed,
    step_of,
    told,
    trouble_key,
    trouble_of,
)
from gmops_desktop.contract.troubles import named

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DOMAIN = Thing("domain:example.cn", "domain", "Domain example.cn")


def lasting(days: int, thing: Thing = DOMAIN, **more: object) -> Expiry:
    said = Said("whois", TODAY + timedelta(days=days), NOW)
    return judged(Claim(replace(thing, **more), (said,)), NOW)  # type: ignore[arg-type]  # test's


# ---------------------------------------------------------------- whose word counts


def test_what_nobody_knows_is_unknown_with_its_reason() -> None:
    found = judged(Claim(DOMAIN, lacking="nobody was asked"), NOW)
    assert (found.state, found.on, found.source) == ("unknown", None, "nobody was asked")
    assert judged(Claim(DOMAIN), NOW).source == "not configured"


@pytest.mark.parametrize(
    ("days", "state"),
    [(31, "ok"), (30, "warning"), (8, "warning"), (7, "critical"), (0, "critical"),
     (-1, "critical")],
)  # fmt: skip
def test_the_state_follows_the_days_left(days: int, state: str) -> None:
    assert (lasting(days).state, lasting(days).days) == (state, days)


def test_a_key_that_is_late_still_works() -> None:
    key = Thing("ssh_key:/k", "ssh_key", "SSH key k")
    assert [lasting(days, key).state for days in (31, 5, -40)] == ["ok", "warning", "warning"]


def test_a_date_by_hand_yields_to_a_better_source_and_both_are_shown() -> None:
    hand = Said("hand", date(2027, 1, 5), NOW)
    cloud = Said("cloud", date(2027, 3, 6), NOW - timedelta(days=1))
    found = judged(Claim(DOMAIN, (hand, cloud)), NOW)
    assert (found.on, found.source) == (date(2027, 3, 6), "cloud console")
    assert found.note == "differs: by hand 2027-01-05"
    assert found.said == (cloud, hand)
    same = judged(Claim(DOMAIN, (replace(hand, on=date(2027, 3, 5)), cloud)), NOW)
    assert same.note == "", "a day apart is another zone"


def test_an_old_word_yields_to_a_date_by_hand_and_is_never_ok_alone() -> None:
    old = Said("rdap", date(2027, 9, 1), NOW - timedelta(days=15))
    alone = judged(Claim(DOMAIN, (old,)), NOW)
    assert (alone.state, alone.on) == ("unknown", date(2027, 9, 1))
    assert alone.note == "not confirmed since 2026-11-08"
    both = judged(Claim(DOMAIN, (old, Said("hand", date(2027, 10, 1), NOW))), NOW)
    assert (both.state, both.source) == ("ok", "by hand")
    soon = judged(Claim(DOMAIN, (replace(old, on=date(2026, 12, 1)),)), NOW)
    assert soon.state == "warning", "what is old may still be a reason to act"


def test_that_it_never_runs_out_is_a_person_s_word_until_a_machine_knows_better() -> None:
    never = Said("hand", None, NOW, never=True)
    assert judged(Claim(DOMAIN, (never,)), NOW).state == "ok"
    found = judged(Claim(DOMAIN, (never, Said("whois", TODAY, NOW))), NOW)
    assert (found.state, found.source) == ("critical", "registry (WHOIS)")


def test_a_fault_beside_the_date_is_a_warning() -> None:
    found = lasting(300, fault="the registry does not know it any more")
    assert (found.state, found.note) == ("warning", "the registry does not know it any more")


def test_the_worst_comes_first_and_unknown_before_ok() -> None:
    unknown = judged(Claim(DOMAIN), NOW)
    found = in_order([lasting(99), unknown, lasting(20), lasting(1)])
    assert [one.state for one in found] == ["critical", "warning", "unknown", "ok"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["cloud", "rdap", "whois", "hand"]), unique=True), st.data())
def test_no_date_is_shown_that_nobody_said(sources: list[str], data: st.DataObject) -> None:
    days = st.integers(-400, 4000)
    said = tuple(
        Said(source, TODAY + timedelta(data.draw(days)), NOW - timedelta(data.draw(days)) / 50)  # type: ignore[arg-type]  # of the list above
        for source in sources
    )
    found = judged(Claim(DOMAIN, said), NOW)
    assert found.on in {one.on for one in said} | {None}
    assert (found.state == "unknown") >= (not said)


# ---------------------------------------------------------------- reminders


def test_each_day_has_the_step_that_is_reached() -> None:
    steps = {days: step_of(lasting(days)) for days in range(-2, 63)}
    assert {days for days, step in steps.items() if step is None} == {61, 62}
    assert steps[-1] == steps[-2] == OVER
    assert steps[0] == 1
    assert [days for days in range(62) if steps[days] != steps[days + 1]] == [1, 3, 7, 14, 30, 60]
    assert sorted({step for step in steps.values() if step}, reverse=True) == list(REMINDERS)


@pytest.mark.parametrize(("life", "first"), [(398.0, 60), (90.0, 30), (47.0, 14), (6.0, 1)])
def test_what_is_issued_for_weeks_is_no_news_before_its_last_third(life: float, first: int) -> None:
    steps = [step_of(lasting(days, life=life)) for days in range(int(life))]
    assert max(step for step in steps if step) == first


def test_what_renews_itself_is_told_when_it_did_not() -> None:
    found = [lasting(days, renews=True) for days in (60, 8, 7, 3, 1, -1)]
    assert [one.state for one in found] == ["ok", "ok", "warning", "warning", "warning", "critical"]
    assert [step_of(one) for one in found] == [None, None, None, 3, 1, OVER]
    assert found[0].note == "its renewal is ordered"


def test_priorities_rise_but_not_those_of_keys() -> None:
    def priorities(kind: ExpiryKind) -> list[int]:
        thing = Thing("x", kind, "x")
        found = [trouble_of(lasting(days, thing)) for days in (60, 30, 14, 7, 3, 1, -1)]
        return [one.priority for one in found if one]

    assert priorities("domain") == [4, 3, 3, 2, 2, 1, 1]
    assert priorities("ssh_key") == [4, 3, 3, 3, 3, 3, 3]


def test_a_contract_long_over_is_history() -> None:
    contract = Thing("contract:1", "contract", "Contract")
    assert [step_of(lasting(days, contract)) for days in (-30, -31)] == [OVER, None]
    assert step_of(lasting(-31)) == OVER, "a domain is not"


def test_a_reminder_says_what_until_when_and_by_whom() -> None:
    trouble = trouble_of(lasting(14))
    assert trouble is not None
    assert trouble.title == "Domain example.cn runs out on 2026-12-07"
    assert trouble.text == "Domain example.cn runs out in 14 days, on 2026-12-07."
    assert trouble.evidence[0].startswith("registry (WHOIS): 2026-12-07 · learnt 2026-11-23")
    assert is_reminder(named(trouble.key, trouble.occurrence))
    assert not is_reminder(named(trouble.key, "well"))
    assert evidence_of(lasting(14)) == trouble.evidence


def test_sentences_for_every_day() -> None:
    said = [told(lasting(days)) for days in (2, 1, 0, -1, -2)]
    assert said == [
        "Domain example.cn runs out in 2 days, on 2026-11-25.",
        "Domain example.cn runs out tomorrow, on 2026-11-24.",
        "Domain example.cn runs out today.",
        "Domain example.cn ran out on 2026-11-22, yesterday.",
        "Domain example.cn ran out on 2026-11-21, 2 days ago.",
    ]
    assert told(judged(Claim(DOMAIN), NOW)) == ""
    assert (
        renewed(lasting(400)) == "Domain example.cn lasts until 2027-12-28 now: registry (WHOIS)."
    )


def test_a_website_s_certificate_shares_the_ticket_of_its_limit() -> None:
    site = Thing("tls:web1", "tls", "TLS certificate of site", "web1")
    assert trouble_key(lasting(3, site)) == "limit.tls_days:web1"
    filing = Thing("icp", "icp", "ICP filing", owner="c1")
    assert trouble_key(lasting(3, filing)) == "expiry.icp:c1"


# ---------------------------------------------------------------- registered domains


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.guangming.cn", "guangming.cn"),
        ("a.b.chamber.org.cn", "chamber.org.cn"),
        ("www.sz.gd.cn", "sz.gd.cn"),
        ("www.gov.cn", "www.gov.cn"),
        ("shop.site.com", "site.com"),
        ("bbs.site.co.uk", "site.co.uk"),
        ("site.com.hk", "site.com.hk"),
        ("商会.中国", "xn--6oq43m.xn--fiqs8s"),
        ("WWW.Site.CN.", "site.cn"),
        ("com.cn", ""),
        ("cn", ""),
        ("localhost", ""),
        ("db.internal", ""),
        ("chamber.example", ""),
        ("www.example.com", ""),
        ("10.0.0.8", ""),
        ("2001:db8::1", ""),
        ("", ""),
        ("a..cn", ""),
        ("x" * 64 + ".cn", ""),
    ],
)
def test_the_domain_that_was_registered(host: str, domain: str) -> None:
    assert domain_of(host) == domain
