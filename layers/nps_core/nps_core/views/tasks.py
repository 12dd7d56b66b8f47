"""Follow-up tasks; `TaskRow.model_validate(task)` takes the fields from a task."""

from nps_core.views.view import Moment, SourceId, View


class TaskRow(View):
    """A task, open or closed."""

    task_id: str
    status: str
    account_id: str | None
    contact: str | None
    owner: str
    tier: int
    reason: str
    opened_at: Moment
    due_at: Moment
    response_ids: tuple[SourceId, ...]
