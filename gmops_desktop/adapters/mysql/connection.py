"""One connection to a MySQL or MariaDB server, direct with verified TLS or through a tunnel.

Values come as text or bytes, never converted: what the server says is what an archive keeps.  Every
call ends at once when the context is cancelled, because the socket is closed under it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar

import pymysql
from pymysql.constants import CLIENT, COMMAND
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from gmops_desktop.adapters import tcp
from gmops_desktop.adapters.mysql import flow
from gmops_desktop.adapters.mysql.failures import GONE, code_of, explained
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.lines import Line

Value = Any  # str for text and numbers, bytes for binary, None for NULL
Row = tuple[Value, ...]
_Statement = TypeVar("_Statement", str, str | bytes)

_SILENCE: Final = 900.0  # seconds a server may think about one statement without a byte
_GULP: Final = 256 << 10  # bytes taken from the line at once
_MULTI_STATEMENTS: Final = {True: b"\x00\x00", False: b"\x01\x00"}  # on and off
_ENCODERS: Final[dict[Any, Any]] = dict(encoders)  # and no decoders: values stay as they came


@dataclass(frozen=True, slots=True)
class Server:
    """What a server says of itself; `number` is its version as integers."""

    kind: Literal["MariaDB", "MySQL"]
    version: str
    number: tuple[int, ...]
    max_packet: int
    lower_case_names: int
    user: str  # the account that was let in, as name@host

    @property
    def mariadb(self) -> bool:
        return self.kind == "MariaDB"


if TYPE_CHECKING:
    _Connection = pymysql.connections.Connection[Any]
else:
    _Connection = pymysql.connections.Connection


class _Counting(_Connection):
    """Counts statements, and the bytes that cross the line where no tunnel counts them."""

    statements = 0
    line: Line | None = None
    severed = False  # by us
    _sock: Any  # private names that the library's stubs leave out
    _read_timeout: float | None
    _result: Any

    def _read_bytes(self, num_bytes: int) -> bytes:
        data: bytes = super()._read_bytes(num_bytes)  # type: ignore[misc]  # private, untyped
        if self.line:
            self.line.received(num_bytes)
        return data

    def _write_bytes(self, data: bytes) -> None:
        self.statements += 1
        if self.line:
            self.line.sent(len(data))
        super()._write_bytes(data)  # type: ignore[misc]  # private, untyped

    def cut(self) -> None:
        """Close the socket under whatever waits for it; callable from any thread."""
        self.severed = True
        stream = self._sock
        if stream is not None:
            with contextlib.suppress(OSError, EOFError):  # it may be gone already
                stream.shutdown(socket.SHUT_RDWR)
            # A tunnel's end has no shutdown that wakes a reader; closing does.  A socket's close
            # waits for its reader, which the shutdown has just woken.
            if not isinstance(stream, socket.socket):
                with contextlib.suppress(OSError, EOFError):
                    stream.close()


class MysqlConnection:
    """A live connection with its schema chosen; made by `connect`, ended by `close`.

    `urgent` lets its questions pass writers that wait for a table: whoever has locked that table
    for them would otherwise wait for himself.
    """

    def __init__(
        self,
        raw: _Counting,
        address: MysqlAddress,
        context: Context,
        closing: Callable[[], object] | None = None,
    ) -> None:
        self.address = address
        self.context = context
        self._raw = raw
        self._closing = closing
        self.urgent = False
        self._single = False
        self._before = context.line.travelled
        self.warnings = 0  # of the last statement
        self.server = self._ask_server()

    @property
    def schema(self) -> str:
        return self.address.schema

    @property
    def travelled(self) -> int:
        """Bytes that the job's connections have moved, both ways, since this one was opened."""
        return self.context.line.travelled - self._before

    @property
    def round_trips(self) -> int:
        """Statements sent so far, each of which cost the line's latency."""
        return self._raw.statements

    def rows(self, statement: str | bytes, *values: Value) -> list[Row]:
        """Run a statement and return its rows; `%s` places are filled with quoted `values`."""
        with self._guarded(), self._raw.cursor() as cursor:
            cursor.execute(self._worded(statement), values or None)
            self._note(cursor)
            return list(cursor.fetchall())

    def one(self, statement: str, *values: Value) -> Row:
        """Run a statement and return its only row."""
        (row,) = self.rows(statement, *values)
        return row

    def named(self, statement: str) -> list[Mapping[str, Value]]:
        """Run a statement and return its rows by column, for statements without a fixed list."""
        with self._guarded(), self._raw.cursor() as cursor:
            cursor.execute(statement)
            self._note(cursor)
            columns = [column[0] for column in cursor.description or ()]
            return [dict(zip(columns, found, strict=True)) for found in cursor.fetchall()]

    def stream(self, statement: str) -> Iterator[Row]:
        """Run a statement and hand out its rows as they come; read them all, or close."""
        with self._guarded(), self._raw.cursor(SSCursor) as cursor:
            try:
                cursor.execute(self._worded(statement))
                for found in cursor:  # noqa: UP028 - who leaves early would read to the end
                    yield found
                self._note(cursor)
            except BaseException:
                if self._raw.severed or not self._raw.open:
                    _abandon(cursor)
                raise

    def values(self, statement: str) -> Iterator[list[bytes | None]]:
        """Run a SELECT of one column and hand out its values as they come, many at a time.

        Unlike `stream` this is no slower than the server where rows are short.  Values must be
        shorter than 16 MB.  Whoever does not read them all loses the connection.  It takes much at
        once, so it is not for a line under a limit.
        """
        with self._guarded():
            came = self._raw.line.received if self._raw.line else lambda count: None
            flowing = flow.values(self._raw, self._worded(statement), came, _GULP)
            try:
                yield from flowing
                self.warnings = self._raw._result.warning_count
            except pymysql.MySQLError:
                raise
            except BaseException:
                self.cut()
                raise

    def each(self, statements: Sequence[str]) -> list[list[Row]]:
        """Run several statements in one round trip; return the rows of each."""
        if not statements:
            return []
        if self._single:
            return [self.rows(statement) for statement in statements]
        answers = []
        with self._guarded(), self._raw.cursor() as cursor:
            cursor.execute(";\n".join(map(self._worded, statements)))
            answers.append(list(cursor.fetchall()))
            while cursor.nextset():
                answers.append(list(cursor.fetchall()))
        return answers

    def run(self, statement: str | bytes) -> int:
        """Run a statement and return how many rows it affected."""
        with self._guarded(), self._raw.cursor() as cursor:
            affected: int = cursor.execute(statement)
            self._note(cursor)
            return affected

    @contextlib.contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Inside, the server refuses more than one statement at once: what should be one, or a part
        of one, cannot be two.  `each` takes as many round trips as statements there."""
        if self._single:
            yield
            return
        self._let_many(False)
        try:
            yield
        finally:
            if self._raw.open and not self._raw.severed:
                self._let_many(True)

    def cut(self) -> None:
        """Break the connection at once, from any thread."""
        self._raw.cut()

    def close(self) -> None:
        """End the connection; an open transaction is rolled back by the server."""
        try:
            with contextlib.suppress(pymysql.MySQLError, OSError, EOFError):
                self._raw.close()
        finally:
            if self._closing:
                self._closing()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _worded(self, statement: _Statement) -> _Statement:
        if self.urgent and isinstance(statement, str) and statement.startswith("SELECT "):
            return "SELECT HIGH_PRIORITY " + statement.removeprefix("SELECT ")
        return statement

    def _let_many(self, many: bool) -> None:
        """Let the server take several statements at once, or not."""
        with self._guarded():
            raw: Any = self._raw  # private names that the library's stubs leave out
            raw._execute_command(COMMAND.COM_SET_OPTION, _MULTI_STATEMENTS[many])
            raw._read_packet()
        self._single = not many

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            with self.context.on_cancel(self.cut):
                yield
        except (pymysql.MySQLError, OSError, EOFError) as error:
            self.context.check()
            raise explained(error, self.address) from error

    def _note(self, cursor: Any) -> None:
        self.warnings = cursor._result.warning_count if cursor._result else 0

    def _ask_server(self) -> Server:
        version, packet, names, user = self.one(
            "SELECT VERSION(), @@max_allowed_packet, @@lower_case_table_names, CURRENT_USER()"
        )
        number = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
        kind: Literal["MariaDB", "MySQL"] = "MariaDB" if "mariadb" in version.lower() else "MySQL"
        return Server(kind, version, number, int(packet), int(names), user)


def _abandon(cursor: Any) -> None:
    """Keep the driver from reading the rest of an answer from a line that is gone."""
    if (result := cursor._result) is not None:
        result.unbuffered_active, result.connection, cursor._result = False, None, None


def connect(
    address: MysqlAddress,
    context: Context,
    *,
    password: str,
    tunnel: Any = None,
    closing: Callable[[], object] | None = None,
    deadline: float = 15.0,
) -> MysqlConnection:
    """Log in at `address` and choose its schema.

    `tunnel` is an open socket-like end of a tunnel to the server; without one the server is reached
    directly, with verified TLS unless it is this machine.  `closing` is called when the connection
    is closed (to end the tunnel's SSH session), also where the login fails.  `deadline` is for
    connecting and logging in, in seconds.  Raises `OpsError`.
    """
    stream = None
    try:
        tls = _tls(address, tunnelled=tunnel is not None)
        stream = tunnel or tcp.connect(address.host, address.port, context, deadline=deadline)
        raw = _Counting(
            host=address.host,
            port=address.port,
            user=address.user,
            password=password.encode(),
            database=address.schema,
            charset="utf8mb4",
            conv=_ENCODERS,
            client_flag=CLIENT.MULTI_STATEMENTS,
            autocommit=True,
            defer_connect=True,
            read_timeout=deadline,
            write_timeout=_SILENCE,
            **tls,
        )
        raw.line = None if tunnel else context.line
        raw._sock = stream  # so that a cancellation can cut the login, too
        try:
            with context.on_cancel(raw.cut):
                raw.connect(stream)
        except (pymysql.MySQLError, OSError, EOFError) as error:
            context.check()
            raise _at_login(error, address) from error
        raw._read_timeout = _SILENCE
        return MysqlConnection(raw, address, context, closing)
    except BaseException:
        if stream is not None:
            with contextlib.suppress(OSError, EOFError):
                stream.close()
        if closing:
            closing()
        raise


def _tls(address: MysqlAddress, *, tunnelled: bool) -> dict[str, Any]:
    if tunnelled or (address.tls == "off" and _is_loopback(address.host)):
        return {"ssl_disabled": True}
    try:
        return {"ssl": ssl.create_default_context(cafile=address.ca or None)}
    except (OSError, ssl.SSLError) as error:
        raise OpsError(
            tr("The CA certificate {path} cannot be used: {why}.", path=address.ca, why=error),
            hint=tr("Name a file with the authority's certificate in PEM form."),
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _at_login(error: Exception, address: MysqlAddress) -> OpsError:
    if code_of(error) in GONE:  # whatever answered said nothing that belongs to a login
        return OpsError(
            tr(
                "{host}:{port} answers, but not as a database server.",
                host=address.host,
                port=address.port,
            ),
            hint=tr("Check the port; behind a firewall, go through the SSH tunnel."),
        )
    return explained(error, address)
