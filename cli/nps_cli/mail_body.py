"""What a mail says, written by the very code that sends it."""

from dataclasses import dataclass

from nps_cli.errors import Failure
from nps_cli.space import Space
from nps_core.adapters.follow_up import DynamoFollowUp


@dataclass(frozen=True, slots=True)
class Body:
    """Subject and both parts of a mail, as they would be sent now."""

    subject: str
    html: str
    text: str


def body_of(space: Space, key: str) -> Body | None:
    """Write a mail from what is stored now; None when its answer, person or task is gone."""
    try:
        from notify.compose import Composer  # noqa: PLC0415  lists need no mail templates
        from notify.mail.render import render  # noqa: PLC0415
    except ImportError as exc:
        raise Failure(f"this needs {exc.name}: run `make install` in the checkout") from exc
    follow_up = DynamoFollowUp(space.dynamodb, space.state_table)
    composer = Composer(space.ledgers, space.window_days)
    mail = follow_up.mail(key)
    if mail is None:
        return None
    if mail.kind == "backfill":
        values = composer.about_backfill(mail, list(space.summaries.everything()), space.now)
    elif mail.kind == "credentials":
        values = composer.about_credentials(mail)
    else:
        answer = space.answers.get(mail.answer) if mail.answer else None
        task = follow_up.task(mail.task_id) if mail.task_id else None
        if answer is None or answer.score is None or answer.erased or task is None:
            return None
        values = composer.about_answer(mail, answer, task, space.now)
    written = render(values)
    return Body(written.subject, written.html, written.text)
