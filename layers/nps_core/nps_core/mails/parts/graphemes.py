"""Cut text between graphemes: the characters as a reader sees them.

The standard library has no grapheme segmentation, and a subject needs only one safe place to stop.
So this covers the sequences that must stay together (marks, joined emoji, flags, Hangul, Indic
conjuncts) and, in doubt, cuts earlier.
"""

import unicodedata

ELLIPSIS = "\u2026"
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_VIRAMA = 9  # canonical combining class of the sign that joins Indic consonants
_WORD_SLACK = 16  # give up this many characters to end on a whole word


def cut(text: str, limit: int) -> str:
    """Shorten to at most `limit` characters, with an ellipsis if something was cut off."""
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    end = limit - 1
    while end > 0 and not is_border(text, end):
        end -= 1
    space = text.rfind(" ", 0, end + 1)
    if space > 0 and end - space <= _WORD_SLACK:
        end = space
    return text[:end].rstrip() + ELLIPSIS


def is_border(text: str, index: int) -> bool:
    """Whether the text may be split before `index`."""
    if index <= 0 or index >= len(text):
        return True
    before, after = text[index - 1], text[index]
    if _extends(after) or before == _ZWJ:
        return False
    if unicodedata.combining(before) == _VIRAMA and unicodedata.category(after) == "Lo":
        return False
    if _is_flag_half(before) and _is_flag_half(after):
        return _flag_halves_before(text, index) % 2 == 0
    return not (_is_hangul(before) and _is_jamo_tail(before, after))


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char).startswith("M")
        or char in (_ZWNJ, _ZWJ)
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tag characters of regional flags
        or char in ("\uff9e", "\uff9f")  # half-width voicing marks
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_halves_before(text: str, index: int) -> int:
    start = index
    while start > 0 and _is_flag_half(text[start - 1]):
        start -= 1
    return index - start


def _is_hangul(char: str) -> bool:
    return "\u1100" <= char <= "\u11ff" or "\uac00" <= char <= "\ud7ff"


def _is_jamo_tail(before: str, after: str) -> bool:
    lead_joins = "\u1100" <= before <= "\u115f" and _is_hangul(after)
    vowel_or_tail = "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7ff"
    return lead_joins or vowel_or_tail
