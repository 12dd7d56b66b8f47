"""Every pair of text and background colour can be read (4.5 to 1), in light and in dark."""

import pytest

from nps_core.mails.parts.palette import BARS, BUTTON, DARK, LIGHT, ON_COLOUR, TONES, Scheme


def luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast__of_black_on_white_is_twenty_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text__can_be_read_on_every_background(scheme: Scheme) -> None:
    for text in (scheme.ink, scheme.muted):
        for ground in (scheme.page, scheme.card, scheme.box):
            assert contrast(text, ground) >= 4.5, (text, ground)


@pytest.mark.parametrize("colour", [*TONES.values(), BUTTON])
def test_badges_and_button__can_be_read(colour: str) -> None:
    assert contrast(ON_COLOUR, colour) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_bars__stand_out_from_the_card(scheme: Scheme) -> None:
    assert min(contrast(colour, scheme.card) for colour in BARS.values()) >= 3
