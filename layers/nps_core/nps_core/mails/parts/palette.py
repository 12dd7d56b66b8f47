"""The colours of the mails, in one place so that their contrast can be tested.

Badges keep their colours in dark mode: white on a deep colour reads well on both backgrounds.
"""

from dataclasses import dataclass

from nps_core.scoring import ScoreClass


@dataclass(frozen=True)
class Scheme:
    """One colour scheme; every text colour is used on every background of its scheme."""

    page: str
    card: str
    box: str
    line: str
    ink: str
    muted: str


LIGHT = Scheme(
    page="#eef0f4", card="#ffffff", box="#f5f6f9", line="#d5dae3", ink="#1d2330", muted="#525b6b"
)
DARK = Scheme(
    page="#0f1217", card="#191e26", box="#242b36", line="#3c4554", ink="#eceff4", muted="#b3bccb"
)
ON_COLOUR = "#ffffff"
BUTTON = "#1f4fc4"
TONES: dict[ScoreClass, str] = {"detractor": "#b3261e", "passive": "#7a5600", "promoter": "#1a6b3c"}
# Bars stand on the card of both schemes. Pale ones (few answers) are close to the card's colour, so
# they need a colour for each scheme. The number above a bar repeats its meaning without colour.
BARS = {"up": "#2f8f5b", "down": "#d4483f", "flat": "#8a7340"}
PALE_BARS = {"up": "#86c09e", "down": "#e69c96", "flat": "#c4b795"}
PALE_BARS_IN_DARK = {"up": "#2b5c41", "down": "#7d3833", "flat": "#5d5136"}
