from nps_core.views import records


def test_run_row__keeps_the_documented_order_and_fills_gaps_with_null() -> None:
    row = records.run_row({"pk": "RUN", "sk": "r-1", "status": "failed", "lease": 4})
    assert list(row) == [
        *("run_id", "kind", "status", "started_at", "ended_at", "window_from", "window_to"),
        *("pages", "fetched", "created", "updated", "unchanged", "quarantined", "requests"),
        *("throttled", "error", "account_token"),
    ]
    assert (row["run_id"], row["status"], row["pages"]) == ("r-1", "failed", None)


def test_whole_run_row__adds_what_else_is_recorded_and_no_key() -> None:
    item = {"pk": "RUN", "sk": "r-1", "gaps": 2, "account_token": "t", "expires_at": 7, "pages": 1}
    row = records.whole_run_row(item)
    assert list(row) == [*records.RUN, "gaps"]
    assert (row["run_id"], row["pages"], row["gaps"]) == ("r-1", 1, 2)


def test_task_row__takes_its_id_from_the_key() -> None:
    item = {"sk": "t-1", "status": "open", "scope": "c-118", "response_ids": ["7", "x"]}
    row = records.task_row(item)
    assert list(row) == [
        *("task_id", "status", "account_id", "contact", "owner", "tier", "reason", "opened_at"),
        *("due_at", "response_ids"),
    ]
    assert row["task_id"] == "t-1"
    assert row["response_ids"] == [7, "x"]


def test_mail_row__takes_its_key_from_the_item() -> None:
    row = records.mail_row({"sk": "m-1", "key": "other", "state": "SENT", "fence": 2})
    assert list(row) == [
        *("key", "kind", "to", "state", "due_at", "sent_at", "response_ids", "task_id", "subject")
    ]
    assert row["key"] == "m-1"


def test_quarantine_row__shows_the_payload_only_on_demand() -> None:
    item = {"sk": "h", "reason": "bad_score", "raw": "{}"}
    assert "raw" not in records.quarantine_row(item)
    assert records.quarantine_row(item, with_raw=True)["raw"] == "{}"


def test_directory_row__splits_its_key_at_the_first_mark() -> None:
    row = records.directory_row({"sk": "external_id#a#b", "account_id": "c-118"})
    assert (row["kind"], row["value"]) == ("external_id", "a#b")
