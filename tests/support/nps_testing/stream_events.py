"""Stream events of ResponsesTable in the form that Lambda delivers."""

from collections.abc import Iterable
from typing import Any

from nps_core.answers.dynamo import to_item
from nps_core.answers.models import Answer, Change
from nps_core.aws.items import to_wire


def stream_event(changes: Iterable[Change]) -> dict[str, Any]:
    """Wrap (old, new) images into an event; sequence numbers follow the order given."""
    return {"Records": [_record(old, new, n) for n, (old, new) in enumerate(changes, 1)]}


def _record(old: Answer | None, new: Answer | None, number: int) -> dict[str, Any]:
    name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    images: dict[str, Any] = {}
    if old is not None:
        images["OldImage"] = to_wire(to_item(old))
    if new is not None:
        images["NewImage"] = to_wire(to_item(new))
    some = new or old
    assert some is not None
    return {
        "eventID": f"{number:032d}",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {"pk": {"S": str(some.key)}},
            "SequenceNumber": f"{number:021d}",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            **images,
        },
    }
