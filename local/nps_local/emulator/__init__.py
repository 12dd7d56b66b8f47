"""Runs MiniStack in its own environment, which has none of our dependencies.

MiniStack's interpreter starts it as ``python -m nps_local.emulator``. It imports only the standard
library, MiniStack and its web server. It depends on MiniStack's internals, so the version is pinned
in ``local/requirements-ministack.txt``.
"""
