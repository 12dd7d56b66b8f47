"""A fake Wootric server: the documented REST API, outgoing webhooks and their known defects.

Standard library only, on 127.0.0.1 only. `server.FakeWootric` runs it in process,
`python -m nps_local.fakes.wootric` runs it as a program, `/_fake/...` controls it over HTTP.
"""
