"""Invented names and comments for generated data. Some need escaping, some are not ASCII."""

from random import Random

FIRST = ("Ana", "Bo", "Chloé", "Dmitri", "Emeka", "Fatima", "Grace", "Hiro", "Inés", "Jonas")
LAST = ("Alvarez", "Brandt", "Costa", "Diallo", "Eriksen", "Fischer", "Gupta", "Haas", "Ito")
COMPANY_HEAD = ("Acme", "Northwind", "Globex", "Initech", "Umbra", "Smith & Sons", "O'Neil", "Öst")
COMPANY_TAIL = ("Analytics", "Logistics", "Health", "Labs", "Retail", "Robotics", "Energy")
CSM = ("dana", "eli", "farah", "gus", "hana", "ivan")
PLANS = ("Starter", "Team", "Business", "Enterprise")

_PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "detractor": (
        (
            "Exports time out & support is slow",
            "The mobile app loses my drafts",
            "Pricing went up again, features didn't",
            'Search says "no results" for things I can see',
            "Login breaks when <SSO> is on",
            "Der Import ist unzuverlässig",
        ),
        ("we are looking around", "please call me", "it costs us hours", "😡", "third time now"),
    ),
    "passive": (
        (
            "Does the job, the reports could load faster",
            "Good product, onboarding was hard",
            "Fine, but I'd like dark mode & shortcuts",
            "Bien, pero falta una API mejor",
        ),
        ("no complaints otherwise", "let's see", "ok for now"),
    ),
    "promoter": (
        (
            "Love the dashboards",
            "Your team answers within minutes!",
            "R&D uses it every day",
            "Best tool we've bought this year 🎉",
            "Très simple à utiliser",
        ),
        ("keep going", "thank you", "told my friends", "<3"),
    ),
}


def standing(score: int) -> str:
    """Return the NPS class of a score."""
    if score >= 9:
        return "promoter"
    return "passive" if score >= 7 else "detractor"


def comment(random: Random, score: int) -> str:
    """Write a comment that fits a score."""
    heads, tails = _PARTS[standing(score)]
    text = random.choice(heads)
    return f"{text}, {random.choice(tails)}" if random.random() < 0.5 else text
