"""Runs MiniStack in its own environment, which has none of our dependencies.

Started as ``python -m nps_local.emulator`` by MiniStack's interpreter. It imports nothing but the
standard library, MiniStack and its web server, and reads MiniStack's internals: the version is
pinned in ``local/requirements-ministack.txt``.
"""
