"""Turns what a MySQL server or the line to it says into a finished sentence with a way out."""

from __future__ import annotations

import ssl
from typing import Final

import pymysql

from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

GONE: Final = (0, 1927, 2006, 2013, 2055)  # the connection is no more
_CLOSING: Final = (1053, 1079)  # the server shuts down
_NO_RIGHT: Final = (1044, 1142, 1143, 1227, 1370, 1410, 1419, 1698)
_FULL: Final = (3, 1021, 1030, 1041, 1114, 1878)
_TLS: Final = (2026, 3159)


class ServerRefused(OpsError):
    """The server answered with an error; `code` is its number."""

    def __init__(self, message: str, code: int, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code

    @property
    def forbidden(self) -> bool:
        """Whether the account lacks a right for what it asked."""
        return self.code in _NO_RIGHT


class ServerGone(OpsError):
    """The connection broke while something ran; the server rolls an open transaction back."""


def code_of(error: BaseException) -> int:
    """Return the server's error number, 0 where there is none."""
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0


def explained(error: Exception, address: MysqlAddress) -> OpsError:
    """Return the sentence for what pymysql, TLS or a socket raised."""
    original = getattr(error, "original_exception", error)
    if isinstance(original, ssl.SSLError):
        return _tls(str(original.reason or original), address)
    code = code_of(error)
    said = str(error.args[1]) if len(error.args) > 1 else str(error)
    where = f"{address.host}:{address.port}"
    if code in _TLS:
        return _tls(said, address)
    if code in GONE or code in _CLOSING or not isinstance(error, pymysql.MySQLError):
        return ServerGone(
            tr("The connection to the database server {where} broke.", where=where),
            hint=tr("Check that the server runs and the line holds, then start again."),
        )
    if code == 1045:
        return ServerRefused(
            tr(
                "{where} refuses the user name or password of {user}.",
                where=where,
                user=address.user,
            ),
            code,
            hint=tr("Store the right password for {name}.", name=address.secret_name),
        )
    if code == 1049:
        return ServerRefused(
            tr("There is no schema “{schema}” on {where}.", schema=address.schema, where=where),
            code,
            hint=tr("Check the spelling; upper and lower case may differ."),
        )
    if code in _NO_RIGHT:
        return ServerRefused(
            tr(
                "The user {user} lacks a right on {where}: {said}",
                user=address.user,
                where=where,
                said=said,
            ),
            code,
            hint=tr("Grant the right named there, or use another user."),
        )
    if code == 1412:
        return ServerRefused(
            tr("A table's definition was changed during the work: {said}", said=said),
            code,
            hint=tr("Start again when nobody changes definitions."),
        )
    if code in (1040, 1203, 1226):
        return ServerRefused(
            tr("{where} accepts no more connections: {said}", where=where, said=said),
            code,
            hint=tr("Wait a moment and start again, or raise max_connections."),
        )
    if code in (1129, 1130):
        return ServerRefused(
            tr("{where} does not accept connections from here: {said}", where=where, said=said),
            code,
            hint=tr("Go through the SSH tunnel, or allow this machine's address for the user."),
        )
    if code in (1205, 1213, 3572):
        return ServerRefused(
            tr("Another connection to {where} holds a lock: {said}", where=where, said=said),
            code,
            hint=tr("Wait until the other work has ended, then start again."),
        )
    if code in _FULL:
        return ServerRefused(
            tr("{where} has no room or a fault on its disk: {said}", where=where, said=said),
            code,
            hint=tr("Free or add space on the server, then start again."),
        )
    return ServerRefused(
        tr("{where} answered: {said} ({code})", where=where, said=said, code=code), code
    )


def _tls(why: str, address: MysqlAddress) -> OpsError:
    return OpsError(
        tr(
            "No verified TLS connection to {host}:{port}: {why}.",
            host=address.host,
            port=address.port,
            why=why,
        ),
        hint=tr(
            "Name the authority's certificate (CA) of the server, or go through the SSH tunnel."
        ),
        unharmed=tr("No password was sent."),
    )
