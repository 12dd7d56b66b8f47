"""A fake Wootric server: the documented REST API, outgoing webhooks and their known defects.

Plain standard library, 127.0.0.1 only. `server.FakeWootric` is the whole of it in process,
`python -m nps_local.fakes.wootric` runs it as a program, `/_fake/...` steers it over HTTP.
"""
