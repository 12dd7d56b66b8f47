"""The bundled fake Wootric and payloads, as tests use them."""
