"""The mails that SES of the local stack accepted, in order."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nps_local.machine.discovery import RunningStack
from nps_local.machine.local_http import get_json


def sent(stack: RunningStack) -> list[dict[str, Any]]:
    """Every accepted mail: id, from, to, subject, text, html and when (real time, UTC)."""
    accounts = get_json(f"{stack.aws_endpoint}/_ministack/ses/messages")["messages"]
    messages = [message for account in accounts.values() for message in account]
    return [
        {
            "message_id": message["MessageId"],
            "from": message["Source"],
            "to": message["To"],
            "subject": message["Subject"],
            "text": message["BodyText"],
            "html": message["BodyHtml"],
            "accepted_at": datetime.fromtimestamp(message["Timestamp"], UTC).isoformat(),
        }
        for message in sorted(messages, key=lambda message: float(message["Timestamp"]))
    ]


def write_html(mails: list[dict[str, Any]], folder: Path) -> list[Path]:
    """Write one HTML file per mail, named so that a folder listing shows them in order."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, mail in enumerate(mails, 1):
        subject = re.sub(r"[^A-Za-z0-9]+", "-", mail["subject"]).strip("-")[:60]
        file = folder / f"{number:03d}-{subject}.html"
        file.write_text(mail["html"] or f"<pre>{html.escape(mail['text'])}</pre>", encoding="utf-8")
        files.append(file)
    return files
