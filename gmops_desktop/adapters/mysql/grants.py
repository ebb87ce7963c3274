"""Which privileges the user holds, by the only source that tells: the grants themselves."""

from __future__ import annotations

import re

from gmops_desktop.adapters.mysql.connection import MysqlConnection


def of_schema(connection: MysqlConnection) -> set[str]:
    """Return the privileges that hold for the whole schema.

    `information_schema.USER_PRIVILEGES` is blind on managed MySQL; the grants are not.
    """
    rights: set[str] = set()
    for (grant,) in connection.rows("SHOW GRANTS FOR CURRENT_USER()"):
        found = re.match(r"GRANT (.+?) ON (\*|`(?:[^`]|``)*`)\.\* TO ", grant)
        if found and (found[2] == "*" or fits(found[2], connection.schema)):
            rights |= {right.strip() for right in found[1].split(",")}
    return rights


def of_server(connection: MysqlConnection) -> set[str]:
    """Return the privileges that hold for the whole server."""
    rights: set[str] = set()
    for (grant,) in connection.rows("SHOW GRANTS FOR CURRENT_USER()"):
        if found := re.match(r"GRANT (.+?) ON \*\.\* TO ", grant):
            rights |= {right.strip() for right in found[1].split(",")}
    return rights


def fits(pattern: str, schema: str) -> bool:
    """Say whether a grant's schema pattern (`%`, `_`, escaped by a backslash) covers `schema`."""
    inner = pattern[1:-1].replace("``", "`")
    parts = re.findall(r"\\?.", inner, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    expression = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.fullmatch(expression, schema, re.IGNORECASE | re.DOTALL) is not None
