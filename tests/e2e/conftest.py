"""One whole Limn on demo data for all browser tests, and a browser to use it with."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import chromium
from tests.installation import Installation

expect.set_options(timeout=15_000)
IGNORED = re.compile(
    r"GPU stall|GL Driver Message|WebGL|Automatic fallback to software|409 \(Conflict\)"
)


@pytest.fixture(scope="session")
def limn() -> Iterator[Installation]:
    """The whole product with the demo cohort, as `make demo` brings it up.

    LIMN_E2E_RUNNING=<port>:<data folder> uses one that runs already.
    """
    running = os.environ.get("LIMN_E2E_RUNNING")
    if running:
        port, data = running.split(":", 1)
        yield Installation.running(Path(data), int(port))
        return
    with Installation(demo=True) as installation:
        yield installation


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    with chromium() as started:
        yield started


class Person:
    """Somebody at a browser of their own, signed in, whose console is listened to."""

    def __init__(self, limn: Installation, browser: Browser, email: str, **options):
        self.limn = limn
        self.email = email
        self.context: BrowserContext = browser.new_context(
            base_url=limn.address, viewport={"width": 1440, "height": 900}, **options
        )
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.listen(self.page)

    def listen(self, page: Page) -> None:
        """Note console errors and uncaught exceptions of a page."""
        page.on("console", lambda m: self._note(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self._note(str(error)))

    def _note(self, text: str) -> None:
        if not IGNORED.search(text):
            self.faults.append(text)

    def sign_in(self) -> "Person":
        """Sign in through the page, as a person does."""
        self.page.goto("/")
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_role("textbox", name="Password").fill(self.limn.sign_ins()[self.email])
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("navigation").first).to_be_visible()
        return self


@pytest.fixture
def person(limn: Installation, browser: Browser):
    """`person("annotator")` signs in the demo's administrator, annotator, manager or scientist."""
    opened: list[Person] = []

    def enter(role: str, **options) -> Person:
        mails = list(limn.sign_ins())
        email = next(mail for mail in mails if mail.startswith(role))
        somebody = Person(limn, browser, email, **options)
        opened.append(somebody)
        return somebody.sign_in()

    yield enter
    for somebody in opened:
        somebody.context.close()
