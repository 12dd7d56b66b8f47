"""Recomputes every account's numbers from the fake Wootric's own data.

Shares no code with the functions, so that it can disagree with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
Numbers = dict[str, int]
"""n, promoters, passives, detractors."""


def accounts(rows: Iterable[Row], now: datetime, window_days: int) -> dict[str, dict[str, Numbers]]:
    """Return {account id: {"all": numbers, "latest": numbers}}.

    `rows` come from `GET /_fake/source`. Deleted or excluded answers and answers without an account
    do not count.
    """
    since_s = int((now - timedelta(days=window_days)).timestamp())
    per_account: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        account = _account(row["properties"])
        counts = row["visible"] and not row["excluded"] and row["created_ms"] // 1000 >= since_s
        if account and counts:
            per_account[account].append(row)
    return {
        account: {"all": _numbers(answers), "latest": _numbers(_latest(answers))}
        for account, answers in per_account.items()
    }


def differences(
    shown: Iterable[Mapping[str, Any]], expected: Mapping[str, Mapping[str, Numbers]]
) -> list[str]:
    """Compare `nps accounts list --json` with a recompute. Returns a line per difference."""
    found: list[str] = []
    seen = {str(row["account_id"]): row for row in shown}
    nothing = dict.fromkeys(("n", "promoters", "passives", "detractors"), 0)
    for account in sorted(set(seen) | set(expected)):
        for way in ("all", "latest"):
            right = expected.get(account, {}).get(way, nothing)
            given = seen.get(account, {}).get(way, nothing)
            wrong = {name: given[name] for name in right if given[name] != right[name]}
            if wrong or _nps(right) != given.get("nps"):
                found.append(f"{account} ({way}): shown {given}, recomputed {right}")
    return found


def _account(properties: Mapping[str, Any]) -> str | None:
    for name in ("company_id", "company"):
        value = str(properties.get(name) or "").strip()
        if value:
            return value
    return None


def _latest(answers: list[Row]) -> list[Row]:
    newest: dict[object, Row] = {}
    for row in sorted(answers, key=lambda r: (r["created_ms"] // 1000, r["id"])):
        anonymous = (row["email"] or "").lower() == "unknown"
        newest[f"anonymous {row['id']}" if anonymous else row["end_user_id"]] = row
    return list(newest.values())


def _numbers(answers: Iterable[Row]) -> Numbers:
    scores = [row["score"] for row in answers]
    promoters, detractors = sum(s >= 9 for s in scores), sum(s <= 6 for s in scores)
    passives = len(scores) - promoters - detractors
    return {
        "n": len(scores),
        "promoters": promoters,
        "passives": passives,
        "detractors": detractors,
    }


def _nps(numbers: Numbers) -> float | None:
    if not numbers["n"]:
        return None
    return 100 * (numbers["promoters"] - numbers["detractors"]) / numbers["n"]
