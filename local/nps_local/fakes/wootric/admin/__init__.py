"""The control endpoints `/_fake/...`: what tests steer; Wootric has none of them."""
