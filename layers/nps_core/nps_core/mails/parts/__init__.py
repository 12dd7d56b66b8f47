"""Building blocks of mails: words, layout, colours, the account block. They know no kind."""
