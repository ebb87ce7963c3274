"""Which privileges the user holds, by the only source that tells: the grants themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gmops_desktop.adapters.mysql.connection import MysqlConnection


@dataclass(frozen=True, slots=True)
class Rights:
    """Privileges that hold for a whole schema, and those that hold everywhere, by their names."""

    schema: frozenset[str]
    everywhere: frozenset[str]

    def hold(self, *any_of: str) -> bool:
        """Say whether one of these holds for the schema."""
        return not self.schema.isdisjoint({"ALL PRIVILEGES", *any_of})

    @property
    def show_routines(self) -> bool:
        """Whether no routine hides: without a right over them they are not even listed."""
        return self.hold("EXECUTE", "CREATE ROUTINE", "ALTER ROUTINE") or not (
            self.everywhere.isdisjoint({"SELECT", "SHOW_ROUTINE", "SHOW CREATE ROUTINE"})
        )


def of_schema(connection: MysqlConnection, schema: str = "") -> Rights:
    """Return the privileges that the user, with the roles that are active, holds for the
    connection's schema, or for one named `schema`, be it there or not.

    `information_schema.USER_PRIVILEGES` is blind on managed MySQL; the grants are not.  Without
    naming a user they tell of roles, too; MySQL 8 may take back for one schema what is granted
    everywhere (partial revokes).
    """
    rights: dict[bool, set[str]] = {False: set(), True: set()}
    revoked: set[str] = set()
    for (grant,) in connection.rows("SHOW GRANTS"):
        found = re.match(r"(GRANT|REVOKE) (.+?) ON (\*|`(?:[^`]|``)*`)\.\* (?:TO|FROM) ", grant)
        if not found or not (found[3] == "*" or fits(found[3], schema or connection.schema)):
            continue
        named = {right.strip() for right in found[2].split(",")}
        if found[1] == "REVOKE":
            revoked |= named
        else:
            rights[found[3] == "*"] |= named
    return Rights(
        frozenset(rights[False] | (rights[True] - revoked)), frozenset(rights[True] - revoked)
    )


def fits(pattern: str, schema: str) -> bool:
    """Say whether a grant's schema pattern (`%`, `_`, escaped by a backslash) covers `schema`."""
    inner = pattern[1:-1].replace("``", "`")
    parts = re.findall(r"\\?.", inner, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    expression = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.fullmatch(expression, schema, re.IGNORECASE | re.DOTALL) is not None
