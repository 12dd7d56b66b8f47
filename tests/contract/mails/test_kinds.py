"""Requirements of every kind of mail. A new kind is tested as soon as it is in the registry."""

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

import pytest
from pydantic import BaseModel

from nps_core import mails
from nps_core.answers.models import UNMATCHED
from nps_core.follow_up.models import MailKind
from nps_core.mails.kind import Kind, Mail, Wait
from nps_core.mails.prepare import prepare, preview
from nps_core.mails.registry import KINDS
from nps_core.mails.render import RenderedMail, render
from nps_core.numbers.account_numbers import AccountView
from nps_core.outbox.mail_states import OutboxMail
from nps_testing.documents import ROOT, section, table, text
from nps_testing.factories import NOW
from nps_testing.mail_reading import DIRECTION, brackets, html_words, read, text_words
from nps_testing.mail_samples import HOSTILE, RTL, samples
from nps_testing.worlds.follow_up import World

TEMPLATES = ROOT / "layers/nps_core/nps_core/mails/templates"
SHARED_TEMPLATES = {"base.html.j2", "parts.html.j2"}
NASTY = {
    "markup": HOSTILE,
    "right to left": f"{RTL} \u202eexe.txt\u2066\u200f",
    "control characters": "a\x00\x07\x1b[31m\r\nBcc: all@victim.example\x85\u2028\x0bz",
    "one long word": "x" * 10_000,
    "long": "word " * 2_000,
    "emoji": "\U0001f468\u200d\U0001f469" * 2_500,
}
ANSWERS: dict[str, dict[str, Any]] = {
    "ordinary": {"text": "Exports time out"},
    "hostile": {"text": HOSTILE, "account_name": HOSTILE, "email": HOSTILE},
    "no comment": {"text": None},
    "no account": {"account_id": None, "account_name": None},
    "no person": {
        "email": None,
        "external_id": None,
        "end_user_id": None,
        "is_unknown_user": True,
    },
}

Changed = TypeVar("Changed")

each_kind = pytest.mark.parametrize("name", KINDS)


# ------------------------------------------------------------------------- nothing is missing


def test_registry__names_every_kind_that_a_module_defines() -> None:
    modules = (
        importlib.import_module(f"nps_core.mails.{module.name}")
        for module in pkgutil.iter_modules(mails.__path__)
    )
    defined = {one.name for module in modules for one in vars(module).values() if _is_kind(one)}
    assert defined == set(KINDS)


def test_registry__has_every_mail_that_follows_from_an_answer() -> None:
    assert set(get_args(MailKind)) <= set(KINDS)


@each_kind
def test_kind__has_a_sample_to_preview_and_a_golden_file(name: str) -> None:
    assert name in samples()
    assert (ROOT / f"tests/unit/mails/golden/{name}.html").exists()


def test_documents__list_every_kind_with_when_to_whom_and_when_not() -> None:
    rows = table(section(text("docs/architecture.md"), "Kinds of mail"))
    assert set(rows) == set(KINDS)
    assert all(len(cells) == 3 and all(cells) for cells in rows.values())


def test_templates__all_belong_to_a_kind() -> None:
    used = {sample.template for sample in samples().values()}
    assert used | SHARED_TEMPLATES == {path.name for path in TEMPLATES.iterdir()}


# ----------------------------------------------------------------------------- what is stored


@each_kind
@pytest.mark.parametrize("answer", ANSWERS)
def test_kind__is_written_from_what_is_stored(name: str, answer: str) -> None:
    world = World()
    mail = _posted(world, name, **ANSWERS[answer])
    written = preview(mail, world.stores, NOW)
    assert written is not None
    _check(written)


@each_kind
def test_kind__is_sent_or_held_by_its_own_verdict(name: str) -> None:
    world = World()
    mail = _posted(world, name, text="Exports time out")
    kind = KINDS[name]
    held = kind.verdict(mail, kind.look_up(mail, world.stores))
    assert prepare(mail, world.stores, NOW) == (held or preview(mail, world.stores, NOW))


def test_mail_of_a_kind_to_come__waits_for_its_version_and_has_no_preview() -> None:
    world = World()
    mail = replace(_posted(world, "detractor"), kind="to_come")
    assert preview(mail, world.stores, NOW) is None
    assert isinstance(prepare(mail, world.stores, NOW), Wait)


# -------------------------------------------------------------------------- what is rendered


@each_kind
def test_sample__renders(name: str) -> None:
    _check(render(samples()[name]))
    assert samples()[name].preheader()


@each_kind
@pytest.mark.parametrize("nasty", NASTY)
def test_hostile_words__stay_words(name: str, nasty: str) -> None:
    written = render(_with_words(samples()[name], lambda _: NASTY[nasty]))
    harmless = render(_with_words(samples()[name], lambda _: "x y"))
    _check(written)
    assert len(read(written.html).tags) == len(read(harmless.html).tags)
    assert brackets(written.html) == brackets(harmless.html)


@each_kind
def test_missing_values__are_left_out_or_named(name: str) -> None:
    _check(render(_without(samples()[name])))


@each_kind
def test_both_parts__say_the_same_facts(name: str) -> None:
    named = _with_words(samples()[name], lambda field: f"zq{field.replace('_', '')}")
    for mail in (samples()[name], _with_days(samples()[name]), named, _without(samples()[name])):
        written = render(mail)
        html, plain = html_words(written.html), text_words(written.text)
        for fact in (r"\d+(?:[,:]\d+)*", r"zq\w+", r"\S+@\S+\w"):
            assert set(re.findall(fact, html)) == set(re.findall(fact, plain)), fact


def test_facts__of_the_samples_are_what_the_test_of_both_parts_sees() -> None:
    named = _with_words(samples()["credentials"], lambda field: f"zq{field.replace('_', '')}")
    assert set(re.findall(r"zq\w+", render(named).text)) == {
        *("zqaccounttoken", "zqhost", "zqerror", "zqowner")
    }


# --------------------------------------------------------------------------------- the tools


def _is_kind(value: object) -> bool:
    return isinstance(value, Kind)


def _check(written: RenderedMail) -> None:
    """Fail on a mail that could not be sent or would not be read as it is meant."""
    assert 0 < len(written.subject) <= 120
    assert len(written.subject.splitlines()) == 1
    assert not DIRECTION.intersection(written.subject)
    for part in (written.subject, written.html, written.text):
        part.encode("utf-8")
        assert not [char for char in part if unicodedata.category(char) == "Cc" and char != "\n"]
    assert written.html.startswith("<!DOCTYPE html>")
    for words in (written.subject, html_words(written.html), written.text):
        assert words
        assert not re.search(r"\bNone\b|~unmatched", words)


def _posted(world: World, name: str, **answer: Any) -> OutboxMail:
    """Return an outbox mail of this kind about an answer that has a task.

    Its facts are those of the sample, with one that another version has written.
    """
    world.change(score=3, **answer)
    (first,) = world.store.mails()
    facts: Any = getattr(samples()[name], "facts", None)
    stored = facts.plain() if facts else {"old_score": 3}
    return replace(first, kind=name, facts={**stored, "of_another_version": "x"})


def _with_words(mail: Mail, words: Callable[[str], str]) -> Mail:
    """Replace every text from outside."""
    return _changed(mail, lambda name, hint, value: words(name) if _holds(hint, str) else value)


def _with_days(mail: Mail) -> Mail:
    """Give every time a day of its own."""
    days = iter(range(1, 99))

    def later(_name: str, hint: Any, value: Any) -> Any:
        return value + timedelta(days=next(days)) if value and _holds(hint, datetime) else value

    return _changed(mail, later)


def _without(mail: Mail) -> Mail:
    """Leave out whatever may be missing."""

    def absent(name: str, hint: Any, value: Any) -> Any:
        if name == "account_id":
            return UNMATCHED
        return None if NoneType in get_args(hint) else value

    return _changed(mail, absent)


def _holds(hint: Any, kind: type) -> bool:
    return hint is kind or set(get_args(hint)) == {kind, NoneType}


def _changed(value: Changed, change: Callable[[str, Any, Any], Any]) -> Changed:
    """Return the value with all its fields changed, those of its facts and its account too."""
    changes = {}
    for name, hint in _fields(value):
        old = getattr(value, name)
        inner = isinstance(old, BaseModel | AccountView)
        changes[name] = _changed(old, change) if inner else change(name, hint, old)
    copied: Any = value
    changed: Changed = (
        copied.model_copy(update=changes)
        if isinstance(value, BaseModel)
        else replace(copied, **changes)
    )
    return changed


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(type(value))
    names = [one.name for one in fields(value)] if is_dataclass(value) else type(value).model_fields
    for name in names:
        yield name, hints[name]
