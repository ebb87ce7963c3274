"""Papers that are made where their matter is shown can be named, written into and corrected too."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Context
from gmops_desktop.contract.report_texts import SECTIONS
from gmops_desktop.contract.steps import Handed
from gmops_desktop.errors import OpsError
from gmops_desktop.paths import Home
from gmops_desktop.reports import rendering
from gmops_desktop.services.reports import SUBJECTS, Kind


@pytest.fixture
def services(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    with assemble(Home(home), secret=lambda name: "") as services:
        services.contracts.load_example()
        yield services


def test_every_kind_says_what_it_is_of_and_has_who_gathers_it(services: Services) -> None:
    assert {"monthly", *services._papers()} == set(SUBJECTS) == set(get_args(Kind))


def test_letters_a_sheet_and_a_form_take_words_and_name_what_they_replace(
    services: Services,
) -> None:
    services.contracts.add_contact("李老师", "A", "指定联系人", "", date(2018, 3, 20))
    training = services.ledgers.add("training", "公众号后台操作", on=date(2018, 4, 3))
    ticket = services.tickets.open("incident", "首页 502", requester="李老师", priority=2)
    services.tickets.facts.hand_over(ticket.id, [Handed("运维手册.docx", "document")], "")
    asked: dict[Kind, str] = {
        "contact": "李老师", "payment": "", "sign_in": training.id, "hand_over": ticket.number,
    }  # fmt: skip
    for kind, of in asked.items():
        key = services.report_texts.key(kind, of)
        (section, *_) = SECTIONS[kind]
        services.report_texts.write(key, section, "另附一份说明。")
        first = services.reports.make(kind, of, Context())
        assert (first.kind, first.about, first.contract_id) == (kind, key.of, key.contract_id)
        assert services.reports.version_before(key) == first
        # By what the register knows it by.
        second = services.reports.make(kind, first.about, Context(), corrects="改了日期")
        assert second.replaces == first.number
        printed = "".join(rendering.text(second.path).split())
        assert "另附一份说明。" in printed
        assert f"本版替代{first.number}，原版仍保留在登记中。更正内容：改了日期" in printed


def test_what_is_not_there_is_refused_before_anything_is_made(services: Services) -> None:
    ticket = services.tickets.open("incident", "首页 502", requester="李慧敏", priority=2)
    for kind, of, why in (
        ("notice", "C-0007", "no change C-0007"),
        ("change_record", "C-0007", "no change C-0007"),
        ("hand_over", "X-0007", "no ticket X-0007"),
        ("hand_over", ticket.number, "has handed nothing over"),
        ("contact", "赵六", "No notice is owed for 赵六"),
        ("sign_in", "nothing", "no such|There is no"),
        ("drill", "nothing", "no drill nothing"),
    ):
        with pytest.raises(OpsError, match=why):
            services.report_texts.key(kind, of)  # type: ignore[arg-type]
        with pytest.raises(OpsError, match=why):
            services.reports.make(kind, of, Context())  # type: ignore[arg-type]
    assert services.reports.all() == ()
