"""The rate limit: requests per minute, of the account or of each endpoint."""

from collections import Counter

from nps_local.fakes.wootric.wire import ApiError, json_reply


class RateLimiter:
    """Counts requests in fixed minutes of the server's own clock."""

    def __init__(self) -> None:
        self._minute = -1
        self._used: Counter[str] = Counter()

    def take(self, limit: int, server_now_s: float, scope: str) -> dict[str, str]:
        """Count one request in its scope; returns the rate headers.

        Raises:
            ApiError: 429 with the same headers, the limit of the minute is reached.
        """
        minute = int(server_now_s // 60)
        if minute != self._minute:
            self._minute = minute
            self._used.clear()
        self._used[scope] += 1
        used = self._used[scope]
        headers = {
            "X-Rate-Limit-Limit": str(limit),
            "X-Rate-Limit-Remaining": str(max(0, limit - used)),
            "X-Rate-Limit-Reset": str((minute + 1) * 60),
        }
        if used > limit:
            reply = json_reply({"error": "Rate limit exceeded"}, 429)
            reply.headers.update(headers)
            raise ApiError(reply)
        return headers
