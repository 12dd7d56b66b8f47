"""The control endpoints `/_fake/...`, for tests; Wootric has none of them."""
