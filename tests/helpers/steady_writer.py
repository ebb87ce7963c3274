"""A writer that changes rows all the time, each step a transaction that follows from its number:

    python tests/helpers/steady_writer.py PORT SCHEMA < PASSWORD-AND-THEN-NOTHING

So from the number of the last step a copy tells exactly what must stand in it (`Expected`).
"""

from __future__ import annotations

import sys
from random import Random

import pymysql

ROWS = 1_500
TOTAL = 2 * ROWS * 1_000

TABLES = [
    *(
        f"CREATE TABLE {name} (id int PRIMARY KEY, n bigint NOT NULL, pad text) ENGINE=InnoDB"
        for name in ("giving", "taking")
    ),
    f"INSERT INTO giving SELECT seq, 1000, REPEAT(MD5(seq), 80) FROM seq_1_to_{ROWS}",
    f"INSERT INTO taking SELECT seq, 1000, REPEAT(SHA1(seq), 60) FROM seq_1_to_{ROWS}",
    "CREATE TABLE ledger (id bigint PRIMARY KEY, step int NOT NULL, n int NOT NULL, note text,"
    " KEY (step)) ENGINE=InnoDB",
    "CREATE TABLE progress (step int NOT NULL) ENGINE=InnoDB",
    "INSERT INTO progress VALUES (0)",
]

Statement = tuple[str, tuple[object, ...]]


class Step:
    """What the transaction of one number does."""

    def __init__(self, number: int) -> None:
        random = Random(number)
        self.number = number
        self.moves = [
            (random.randint(1, ROWS), random.randint(1, ROWS), random.randint(1, 9))
            for _ in range(random.randint(1, 4))
        ]
        self.new = [
            ((number * 10 + place) * 7_919 % 2**31, random.randint(1, 1_000))
            for place in range(random.randint(1, 3))
        ]
        self.gone = number - 15 if number % 2 else 0  # of which step the rows are deleted
        self.raised = number - 7  # of which step the rows are changed

    def statements(self) -> list[Statement]:
        found: list[Statement] = []
        for giver, taker, amount in self.moves:
            found.append(("UPDATE giving SET n=n-%s WHERE id=%s", (amount, giver)))
            found.append(("UPDATE taking SET n=n+%s WHERE id=%s", (amount, taker)))
        for id_, n in self.new:
            row = (id_, self.number, n, f"第 {self.number} 步")
            found.append(("INSERT INTO ledger VALUES (%s,%s,%s,%s)", row))
        found.append(("DELETE FROM ledger WHERE step=%s", (self.gone,)))
        found.append(("UPDATE ledger SET n=n+1 WHERE step=%s", (self.raised,)))
        found.append(("UPDATE progress SET step=%s", (self.number,)))
        return found


class Expected:
    """What stands in the tables after the step of a number."""

    def __init__(self, last: int) -> None:
        self.giving = dict.fromkeys(range(1, ROWS + 1), 1_000)
        self.taking = dict.fromkeys(range(1, ROWS + 1), 1_000)
        ledger: dict[int, dict[int, int]] = {}  # by step: id to n
        for number in range(1, last + 1):
            step = Step(number)
            for giver, taker, amount in step.moves:
                self.giving[giver] -= amount
                self.taking[taker] += amount
            ledger[number] = dict(step.new)
            ledger.pop(step.gone, None)
            for id_ in ledger.get(step.raised, {}):
                ledger[step.raised][id_] += 1
        self.ledger = {
            id_: (number, n) for number, of_step in ledger.items() for id_, n in of_step.items()
        }


def main() -> None:
    """Write until the process is ended."""
    port, schema = sys.argv[1:]
    password = sys.stdin.readline().strip()
    connection = pymysql.connect(
        host="127.0.0.1", port=int(port), user="root", password=password, database=schema
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT step FROM progress")
        (row,) = cursor.fetchall()
        number = row[0]
        while True:
            number += 1
            for statement, values in Step(number).statements():
                cursor.execute(statement, values)
            connection.commit()


if __name__ == "__main__":
    main()
