"""The checks of `nps doctor`."""

from nps_core.views.view import View


class Check(View):
    """One check; `fix` is the remedy, null if the check passed."""

    check: str
    ok: bool
    detail: str
    fix: str | None

    @classmethod
    def passed(cls, name: str, detail: str) -> "Check":
        return cls(check=name, ok=True, detail=detail, fix=None)

    @classmethod
    def failed(cls, name: str, detail: str, fix: str) -> "Check":
        return cls(check=name, ok=False, detail=detail, fix=fix)

    @classmethod
    def result(cls, name: str, ok: bool, detail: str, fix: str) -> "Check":
        """Return the passed or the failed check; the fix belongs to a failure only."""
        return cls.passed(name, detail) if ok else cls.failed(name, detail, fix)

    def of_connection(self, account_token: str) -> "Check":
        """Return the check under the name of an added connection."""
        return self.model_copy(update={"check": f"{account_token} {self.check}"})
