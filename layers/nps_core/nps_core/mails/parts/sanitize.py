"""Make untrusted text safe to show: one line or many, printable characters only.

The template engine escapes HTML in every value. This removes everything that escaping leaves in:
control characters, line breaks in single-line values, and the characters that change the reading
direction of the words around them.
"""

import re
import unicodedata

from nps_core.mails.parts.graphemes import cut

COMMENT_LIMIT = 200_000  # characters; above the storage limit, because a comment is shown in full
LONG_WORD = 60

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_NOT_TEXT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"
    "\u202a-\u202e\u2066-\u206f"  # direction embeddings, overrides, isolates; deprecated controls
    "\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff\ufeff"
    + "".join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u061c]")
_SPACES = re.compile(r"\s+")
_INNER_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r" ?\n(?: ?\n)+ ?")
_MAX_MARKS = 8  # enough for every script; more would paint over the lines above


def clean_line(text: str | None, limit: int = 200) -> str:
    """Return the text as one line of at most `limit` characters; "" for None."""
    if not text:
        return ""
    line = _DIRECTION_MARKS.sub("", _strip(_BREAKS.sub(" ", text)))
    return cut(_SPACES.sub(" ", line).strip(), limit)


def clean_text(text: str | None) -> str:
    r"""Return the text with `\n` line ends and at most one blank line in a row, "" for nothing.

    Direction marks stay: Arabic and Hebrew writers use them, and they end with their paragraph.
    """
    if not text:
        return ""
    body = _strip(_BREAKS.sub("\n", text))
    body = _BLANK_LINES.sub("\n\n", _INNER_SPACES.sub(" ", body))
    return cut_comment(body.strip())


def cut_comment(body: str) -> str:
    """Cut only above the length that can be stored, so a comment stays whole."""
    return cut(body, COMMENT_LIMIT)


def has_long_word(text: str) -> bool:
    """Whether a word is too long for a line, so that it must be broken anywhere."""
    return any(len(word) > LONG_WORD for word in text.split())


def reads_right_to_left(text: str) -> bool:
    """Whether the first letter does; some mail programs ignore `dir="auto"`."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def _strip(text: str) -> str:
    return _limit_marks(_LONE_SURROGATE.sub("\ufffd", _NOT_TEXT.sub("", text)))


def _limit_marks(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if run <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)
