"""The kinds of mail, by the name that the outbox stores."""

from collections.abc import Mapping
from typing import Any

from nps_core.mails.backfill import BACKFILL
from nps_core.mails.comment import COMMENT
from nps_core.mails.credentials import CREDENTIALS
from nps_core.mails.detractor import DETRACTOR
from nps_core.mails.kind import Kind
from nps_core.mails.score_raised import SCORE_RAISED

KINDS: Mapping[str, Kind[Any]] = {
    kind.name: kind for kind in (DETRACTOR, COMMENT, SCORE_RAISED, BACKFILL, CREDENTIALS)
}
