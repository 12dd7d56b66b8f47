"""What mails are built from: words, layout, colours, the account block. No kind is known here."""
