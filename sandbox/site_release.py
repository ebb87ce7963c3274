"""A release of the example website, as its developer delivers it: pages and the SQL they need."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

HOURS: Final = "工作日 9:00-18:00"

_SQL: Final = {
    "sql/before/1-hours.sql": f"""-- 页脚要显示服务时间
INSERT INTO setting (name, value) VALUES ('service_hours', '{HOURS}');
ALTER TABLE setting ADD COLUMN changed_at TIMESTAMP NULL;
CREATE TABLE faq (id int PRIMARY KEY AUTO_INCREMENT, question text) DEFAULT CHARSET=utf8mb4;
""",
    "sql/after/2-faq.sql": (
        "INSERT INTO faq (question) VALUES ('如何入会？'), ('如何缴费; 会费多少？');\n"
    ),
}
_DOWN: Final = {
    "sql/down/1-hours.sql": """DROP TABLE faq;
ALTER TABLE setting DROP COLUMN changed_at;
DELETE FROM setting WHERE name = 'service_hours';
""",
    "sql/down/2-faq.sql": "DELETE FROM faq;\n",
}


def make(source: Path, *, down: bool = False) -> Path:
    """Make release 2.0 as the folder `source`; `down` adds the scripts that undo its SQL.

    Its footer shows a setting that only its SQL enters: pages of 2.0 fail without it.
    """
    with as_file(files("sandbox.site") / "program") as program:
        shutil.copytree(program, source)
    page = source / "page.html"
    page.write_text(page.read_text("utf-8").replace("$icp", "$icp · $service_hours"), "utf-8")
    for name, text in {**_SQL, **(_DOWN if down else {})}.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, "utf-8")
    return source
