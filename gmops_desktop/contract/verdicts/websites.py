"""How a website is judged."""

from __future__ import annotations

from gmops_desktop.contract.looks import WebDetails
from gmops_desktop.contract.thresholds import DOWN, tls_level
from gmops_desktop.contract.verdicts.findings import Finding, Findings, tenth
from gmops_desktop.language import tr, tr_n
from gmops_desktop.states import State


def judge_website(seen: WebDetails, add: Findings) -> None:
    """Add to `add` what a look amounts to: findings by key, and figures for the card."""
    up: State = "ok"
    if seen.status >= 400:
        up = "critical"
        add.add(DOWN, up, tr("The front page answers with status {status}.", status=seen.status))
    elif seen.keyword_found is False:
        up = "critical"
        add.add(DOWN, up, tr("The front page does not hold the word it should."))
    speed = add.judge(
        "seconds", seen.seconds,
        tr("The front page took {value} s to answer.", value=tenth(seen.seconds)),
    )  # fmt: skip
    certificate: State = "unknown"
    if seen.tls_days is not None:
        certificate = tls_level(
            seen.tls_days, trusted=bool(seen.tls_trusted), limit=add.limit("tls_days"),
            before=add.before("tls_days"),
        )  # fmt: skip
        if not seen.tls_trusted:
            sentence = tr("Browsers do not trust the certificate: {why}.", why=seen.tls_fault)
        else:
            sentence = tr("The certificate ends in {days} days.", days=int(seen.tls_days))
        add.add("tls_days", certificate, sentence)
    if seen.admin_fault:
        add.add(
            "back_end", "warning", tr("The back end does not answer: {why}", why=seen.admin_fault)
        )
    elif seen.admin_status and (seen.admin_status >= 500 or seen.admin_status == 404):
        add.add("back_end", "warning", tr("The back end answers with status {status}.",
                                          status=seen.admin_status))  # fmt: skip
    for page in seen.pages:
        broken = page.status is None or page.status >= 400 or page.keyword_found is False
        why = page.fault or tr("status {code}", code=page.status)
        if page.keyword_found is False and (page.status or 0) < 400:
            why = tr("the keyword is missing")
        add.add(
            f"page:{page.url}", "warning" if broken else "ok",
            tr("The page {url} is not as it should be: {why}", url=page.url, why=why),
        )  # fmt: skip
    if seen.broken_links is None:
        add.findings["links"] = Finding("unknown")
    else:
        add.add(
            "links", "warning" if seen.broken_links else "ok",
            tr_n("A link of the front page leads nowhere: {first}",
                 "{count} links of the front page lead nowhere, such as {first}",
                 len(seen.broken_links), first=seen.broken_links[0].url)
            if seen.broken_links else "",
        )  # fmt: skip
    add.figure(tr("Front page"), str(seen.status), "", up)
    add.figure(tr("First byte"), f"{seen.seconds * 1000:,.0f}", "ms", speed, "seconds")
    if seen.tls_days is None:
        add.figure(tr("Certificate"), tr("none (plain HTTP)"), "", "warning")
    else:
        days = str(int(seen.tls_days))
        add.figure(tr("Certificate"), days, tr("days", context="figure"), certificate, "tls_days")
    if seen.admin_status or seen.admin_fault:
        shown = str(seen.admin_status) if seen.admin_status else None
        add.figure(tr("Back end"), shown, "", "ok")
