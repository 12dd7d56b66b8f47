"""`python -m nps_cli`."""

from nps_cli.main import main

main()
