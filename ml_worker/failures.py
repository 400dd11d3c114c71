"""Failures a job may end with: expected ones are answers, not crashes."""

from ml_worker.contract.messages import Failed, FailureCode


class JobFailed(Exception):
    """An expected end without a result; ``detail`` is a sentence for people."""

    def __init__(self, code: FailureCode, detail: str) -> None:
        super().__init__(detail)
        self.answer = Failed(code=code, detail=detail)
