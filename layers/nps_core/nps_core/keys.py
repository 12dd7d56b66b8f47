"""Keys of both tables, and the access patterns they serve.

ResponsesTable (HASH pk; stream; index `by_day`: day, answered_at)
    pk                   item             read by
    <token>#response#<id>  Answer         get by id; batch get of a page or of a ledger
    <token>#decline#<id>   Answer         the same; `nps declines list`
    day of the index: <token>#<kind>#<yyyy-mm-dd>, UTC: the answers stored for a range of time

StateTable (HASH pk, RANGE sk; no stream; sparse index `due`: due_pk, due_at)
    pk            sk                          item           read by
    CONN#<token>  PROFILE                     activation,    get: live or history; state of the
                                              backfill,      credentials
                                              credentials
    CONN#<token>  LEASE                       sync lease     conditional update with fence
    CONN#<token>  CHECKPOINT#<name>           sync position  get, conditional update with fence
                  (responses, declines, people, audit)
    CONN#<token>  WANTED                      requests       get: an operator's requests for a run
    CONN#<token>  GAP#<stream>#<kind>#<from>  gap            query
    CONN#<token>  MISSING#<kind>#<id>         suspect        query
    CONNECTION    <token>                     settings       query: added Wootric accounts
    PEOPLE#<token>  <end user id>             end user       batch get; query: all of an account
    ACCT#<acct>   LEDGER#<yyyy-mm>[#<part>]   votes          query a range of months
    ACCT#<acct>   CONTACT#<contact>           votes          get; query all of an account
    ACCOUNT       <acct>                      summary        query: list of accounts
    TASK          <task id>                   task           get; query: list of tasks
    OPENTASK      <account or contact>        pointer        get: at most one open task
    ALERT         <answer key>                decision       get: the decision, its reason
    MAIL          <mail key>                  outbox item    get; query; `due` index by time
    RUN           <run id>                    run log        query, newest last
    QUARANTINE    <hash of the payload>       payload        put if absent; query
    DIRECTORY     <kind>#<value>              directory      get at account resolution
                  (kind: account, external_id, email, domain)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from zlib import crc32

Kind = Literal["response", "decline"]


@dataclass(frozen=True, slots=True, order=True)
class AnswerKey:
    """Identity of an answer: ids may collide between Wootric accounts, so it includes the token."""

    account_token: str
    kind: Kind
    id: str

    def __str__(self) -> str:
        """Return the partition key of ResponsesTable."""
        return f"{self.account_token}#{self.kind}#{self.id}"


ACCOUNT, TASK, OPENTASK, ALERT = "ACCOUNT", "TASK", "OPENTASK", "ALERT"
MAIL, RUN, QUARANTINE, DIRECTORY = "MAIL", "RUN", "QUARANTINE", "DIRECTORY"
CONNECTION = "CONNECTION"
LEDGER_PREFIX, CONTACT_PREFIX = "LEDGER#", "CONTACT#"
DUE_INDEX, DAY_INDEX = "due", "by_day"
LEDGER_PARTS = 16
DirectoryKind = Literal["account", "external_id", "email", "domain"]


class StateKey(NamedTuple):
    """Primary key of a StateTable item."""

    pk: str
    sk: str


def parse_answer_key(text: str) -> AnswerKey:
    """Split a partition key of ResponsesTable. Raises ValueError for anything else."""
    token, kind, answer_id = text.split("#", 2)
    if kind == "response":
        return AnswerKey(token, "response", answer_id)
    if kind == "decline":
        return AnswerKey(token, "decline", answer_id)
    raise ValueError("not a key of ResponsesTable")


def day_of(account_token: str, kind: Kind, moment: datetime) -> str:
    """Return the UTC day in the index of ResponsesTable, `<token>#response#2026-03-02`."""
    return f"{account_token}#{kind}#{moment:%Y-%m-%d}"


def connection(account_token: str, item: str) -> StateKey:
    """Return the key of a connection's PROFILE, LEASE, CHECKPOINT#<name> and so on."""
    return StateKey(f"CONN#{account_token}", item)


def person(account_token: str, end_user_id: str) -> StateKey:
    return StateKey(f"PEOPLE#{account_token}", end_user_id)


def month_of(moment: datetime) -> str:
    """Return the UTC month, `2026-03`."""
    return moment.strftime("%Y-%m")


def ledger(account: str, month: str, part: int | None = None) -> StateKey:
    """Return the key of an (account, month) ledger, or of one of its parts after a split."""
    suffix = "" if part is None else f"#{part:02d}"
    return StateKey(f"ACCT#{account}", f"{LEDGER_PREFIX}{month}{suffix}")


def ledger_part(vote_id: str) -> int:
    """Return the part of a split ledger that holds the vote."""
    return crc32(vote_id.encode()) % LEDGER_PARTS


def contact(account: str, contact_key: str) -> StateKey:
    """Return the key of a contact's ledger: per account, so that a person's accounts never mix."""
    return StateKey(f"ACCT#{account}", f"{CONTACT_PREFIX}{contact_key}")


def account_summary(account: str) -> StateKey:
    return StateKey(ACCOUNT, account)


def alert(key: AnswerKey) -> StateKey:
    """Return the key of the decision about an answer."""
    return StateKey(ALERT, str(key))


def mail(mail_key: str) -> StateKey:
    return StateKey(MAIL, mail_key)


def run(run_id: str) -> StateKey:
    return StateKey(RUN, run_id)


def quarantine(digest: str) -> StateKey:
    """Return the key of a quarantined payload: its hash, so that a repeat adds nothing."""
    return StateKey(QUARANTINE, digest)


def directory(kind: DirectoryKind, value: str) -> StateKey:
    return StateKey(DIRECTORY, f"{kind}#{value}")
