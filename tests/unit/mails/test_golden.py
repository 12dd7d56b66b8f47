"""Compare rendered mails with the stored ones; run as a program to store them again."""

from pathlib import Path

import pytest

from nps_core.mails.render import RenderedMail, render
from nps_testing.mail_samples import samples

GOLDEN = Path(__file__).with_name("golden")


def text_file(mail: RenderedMail) -> str:
    return f"Subject: {mail.subject}\n\n{mail.text}"


@pytest.mark.parametrize("name", samples())
def test_mail__renders_as_stored(name: str) -> None:
    rendered = render(samples()[name])
    assert text_file(rendered) == (GOLDEN / f"{name}.txt").read_text("utf-8")
    assert rendered.html == (GOLDEN / f"{name}.html").read_text("utf-8")


def test_golden_files__all_have_a_sample() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(samples())


def store() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name, mail in samples().items():
        rendered = render(mail)
        (GOLDEN / f"{name}.txt").write_text(text_file(rendered), "utf-8")
        (GOLDEN / f"{name}.html").write_text(rendered.html, "utf-8")


if __name__ == "__main__":
    store()
