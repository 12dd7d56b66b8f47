"""Answers and declined surveys; `ResponseRow.model_validate(answer)` takes the fields from one."""

from typing import Annotated

from pydantic import AliasPath, Field

from nps_core.views.view import Moment, SourceId, View

_Id = Annotated[SourceId, Field(validation_alias=AliasPath("key", "id"))]
_Token = Annotated[str, Field(validation_alias=AliasPath("key", "account_token"))]


class ResponseRow(View):
    """A stored answer, counted or not."""

    id: _Id
    account_token: _Token
    score: int | None
    text: str | None
    email: str | None
    external_id: str | None
    end_user_id: SourceId | None
    account_id: str | None
    metric: str
    excluded: bool
    deleted: bool
    tags: tuple[str, ...]
    answered_at: Moment
    updated_at: Moment
    rev: int
    source: str


class DeclineRow(View):
    """A survey that was shown and declined."""

    id: _Id
    account_token: _Token
    email: str | None
    external_id: str | None
    end_user_id: SourceId | None
    account_id: str | None
    deleted: bool
    answered_at: Moment
    updated_at: Moment
    rev: int
    source: str
