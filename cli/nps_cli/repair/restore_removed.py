"""What the tables of the stack tell about removals, so that no backup undoes one."""

from functools import cached_property
from threading import Lock
from typing import Any

from nps_cli.repair.restore_fates import Removed
from nps_cli.shell.stack import Stack
from nps_core import keys
from nps_core.answers.removal import Removal
from nps_core.aws import items
from nps_core.keys import AnswerKey, parse_answer_key

_HOW: dict[str, Removal] = {"deleted": "deleted", "erased": "erased"}


class RemovedBefore:
    """Read once per account, when the first of its items is met."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._lock = stack, Lock()
        self._by_token: dict[str, Removed] = {}

    def of(self, account_token: str) -> Removed:
        with self._lock:
            if account_token not in self._by_token:
                self._by_token[account_token] = self._read(account_token)
            return self._by_token[account_token]

    def _read(self, token: str) -> Removed:
        outcomes = {
            one.key: (_HOW[one.outcome], one.settled_at)
            for one in self._stack.proof_store(token).suspicions()
            if one.outcome in _HOW and one.settled_at is not None
        }
        marked = items.query(
            self._stack.dynamodb,
            self._stack.state_table,
            "pk = :pk",
            {":pk": keys.person(token, "").pk},
            FilterExpression="attribute_exists(erased)",
        )
        people = {item["sk"] for item in marked}
        mine = [item for key, item in self._erased.items() if key.account_token == token]
        people |= {item["end_user_id"] for item in mine if "end_user_id" in item}
        return Removed(
            frozenset(people), frozenset(parse_answer_key(item["pk"]) for item in mine), outcomes
        )

    @cached_property
    def _erased(self) -> dict[AnswerKey, dict[str, Any]]:
        """The erased answers, from the index: it has no content, so it is small."""
        pages = items.scan_pages(
            self._stack.dynamodb,
            self._stack.deployment.output("ResponsesTableName"),
            0,
            1,
            IndexName=keys.DAY_INDEX,
            FilterExpression="erased = :yes",
            ExpressionAttributeValues=items.to_wire({":yes": True}),
        )
        return {parse_answer_key(item["pk"]): item for page in pages for item in page}
