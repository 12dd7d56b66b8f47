from pathlib import Path
from typing import Any

from nps_local.control.mails import write_html


def test_write_html__names_files_in_order_and_escapes_plain_text(tmp_path: Path) -> None:
    mails: list[dict[str, Any]] = [
        {"subject": "Score 3: ../../etc/passwd", "html": "<b>hello</b>", "text": "hello"},
        {"subject": "Backfill", "html": None, "text": "a < b"},
    ]
    files = write_html(mails, tmp_path / "out")
    assert [file.name for file in files] == ["001-Score-3-etc-passwd.html", "002-Backfill.html"]
    assert [file.read_text() for file in files] == ["<b>hello</b>", "<pre>a &lt; b</pre>"]
