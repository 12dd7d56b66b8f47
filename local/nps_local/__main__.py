"""`python -m nps_local`: the same commands as `nps local`."""

from nps_local.commands import app

app(prog_name="nps local")
