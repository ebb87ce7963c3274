"""The mutation test of a look at a website: each part in turn fails in every way, and none of it
is ever in order."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmops_desktop.adapters import web
from gmops_desktop.adapters.web import links, pages
from gmops_desktop.addresses import WebAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.fact_lines import lines_of
from gmops_desktop.contract.looks import WebDetails, details_from_dict, details_to_dict
from gmops_desktop.contract.verdicts import History, verdict
from gmops_desktop.errors import OpsError
from strange_servers import free_port, listener, silent

KEYWORD = "会员服务"


def page(body: str) -> bytes:
    text = body.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(text)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + text


def says(answer: bytes) -> AbstractContextManager[int]:
    def behave(stream: socket.socket) -> None:
        stream.recv(65536)
        stream.sendall(answer)
        stream.shutdown(socket.SHUT_RDWR)

    return listener(behave)


@contextmanager
def nobody() -> Iterator[int]:
    yield free_port()


WELL = page(f"<h1>{KEYWORD}</h1>")
DAMAGES: dict[str, Callable[[], AbstractContextManager[int]]] = {
    "refused": nobody,
    "silent": lambda: listener(silent),
    "hung up": lambda: says(b""),
    "garbled": lambda: says(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "truncated": lambda: says(WELL[:-5]),
    "an error": lambda: says(WELL.replace(b"200 OK", b"500 Oops")),
    "another page": lambda: says(page("Welcome to nginx!")),
}
PARTS = {
    "front": "",
    "back end": "The back end",
    "further": "The page http://127.0.0.1:",
    "link": "A link of the front page leads nowhere",
}
# What says nothing about a part: a back end need not hold the word, nor does a link, of which only
# the head is asked for.
FINE = {("back end", "another page"), ("link", "another page"), ("link", "truncated")}


def look(damaged: str, damage: Callable[[], AbstractContextManager[int]]) -> WebDetails:
    """Look at a site one part of which is damaged."""
    with says(WELL) as well, damage() as hurt:
        port = {part: hurt if part == damaged else well for part in PARTS}
        front = page(f'<h1>{KEYWORD}</h1> <a href="http://127.0.0.1:{port["link"]}/news">')
        with says(front) as entrance:
            url = f"http://127.0.0.1:{hurt if damaged == 'front' else entrance}/"
            address = WebAddress(
                url, KEYWORD, f"http://127.0.0.1:{port['back end']}/admin",
                pages=(f"http://127.0.0.1:{port['further']}/members",),
            )  # fmt: skip
            return web.look(address, Context(), web.Links())


def test_the_whole_is_in_order() -> None:
    seen = look("", nobody)
    assert verdict(seen, History()).state == "ok"
    assert (seen.admin_status, seen.broken_links, seen.links_checked) == (200, (), 1)


@pytest.mark.parametrize(
    ("part", "damage"), [one for one in product(PARTS, DAMAGES) if one not in FINE]
)
def test_without_a_part_nothing_of_it_is_ok(
    part: str, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_TRIES", 1)
    if damage == "silent":
        monkeypatch.setattr(pages, "_SECONDS", 1.0)
        monkeypatch.setattr(links, "_SECONDS", 1.0)
    if part == "front" and damage not in ("an error", "another page"):
        with pytest.raises(OpsError):  # no look at all: an unknown site, or one that is down
            look(part, DAMAGES[damage])
        return
    seen = look(part, DAMAGES[damage])
    found = verdict(seen, History())
    assert found.state == ("critical" if part == "front" else "warning")
    assert found.reason.startswith(PARTS[part] or "The front page")
    assert any(line.state in ("warning", "critical") for line in lines_of(seen))


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_no_answer_to_a_look_is_more_than_an_error(noise: bytes, headed: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" if headed else b""
    with pytest.MonkeyPatch.context() as patch, says(head + noise) as port:
        patch.setattr(web, "_TRIES", 1)
        try:
            seen = web.look(WebAddress(f"http://127.0.0.1:{port}/", KEYWORD), Context())
        except OpsError:
            return
    found = KEYWORD.encode() in noise
    assert seen.keyword_found is found
    assert verdict(seen, History()).state == ("ok" if found else "critical")
    assert details_from_dict("website", details_to_dict(seen)) == seen
