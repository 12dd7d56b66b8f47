"""Reads rendered mails as a mail client or a person does."""

from html.parser import HTMLParser

DIRECTION = {
    chr(c) for c in (0x200E, 0x200F, 0x61C, *range(0x202A, 0x202F), *range(0x2066, 0x2070))
}
"""Characters that change the direction of the text around them."""


class Reader(HTMLParser):
    """Collects the tags, their attributes and the quoted comment."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.quote = ""
        self._in_quote = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag == "br":
            self.quote += "\n" if self._in_quote else ""
        else:
            self.tags.append(tag)
        self._in_quote |= tag == "blockquote"

    def handle_endtag(self, tag: str) -> None:
        self._in_quote &= tag != "blockquote"

    def handle_data(self, data: str) -> None:
        self.quote += data if self._in_quote else ""


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def brackets(html: str) -> int:
    """Count the tags other than line breaks."""
    return html.count("<") - html.count("<br>")


class Words(HTMLParser):
    """Collects the words of a document's body."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._skipped = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        hidden = "mso-hide" in (dict(attrs).get("style") or "")
        if tag in ("style", "title") or hidden:
            self._skipped = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._skipped:
            self._skipped = ""

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.words += data.split()


def html_words(html: str) -> str:
    """Return the words of the body, without the hidden preheader."""
    reader = Words()
    reader.feed(html)
    return " ".join(reader.words)


def text_words(text: str) -> str:
    """Return the words without quotation marks (`>`)."""
    return " ".join(word for word in text.split() if word != ">")
