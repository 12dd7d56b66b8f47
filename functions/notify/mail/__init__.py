"""Render the mails of NPS Loop: values in, subject, HTML and text out."""
