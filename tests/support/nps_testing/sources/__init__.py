"""The bundled fake Wootric and recorded payloads for tests."""
