"""The local stack: MiniStack with the real template deployed onto it, and the fake Wootric."""
