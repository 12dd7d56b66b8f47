"""What `nps doctor` looks at."""

from nps_core.views.view import View


class Check(View):
    """One thing that was looked at; `fix` says what to do, null when it is ok."""

    check: str
    ok: bool
    detail: str
    fix: str | None

    @classmethod
    def passed(cls, name: str, detail: str) -> "Check":
        """Return a check that is ok."""
        return cls(check=name, ok=True, detail=detail, fix=None)

    @classmethod
    def failed(cls, name: str, detail: str, fix: str) -> "Check":
        """Return a check that is not."""
        return cls(check=name, ok=False, detail=detail, fix=fix)

    @classmethod
    def result(cls, name: str, ok: bool, detail: str, fix: str) -> "Check":
        """Keep the fix for a failure only."""
        return cls.passed(name, detail) if ok else cls.failed(name, detail, fix)

    def of_connection(self, account_token: str) -> "Check":
        """Return the check under the name of an added connection."""
        return self.model_copy(update={"check": f"{account_token} {self.check}"})
