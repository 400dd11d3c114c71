"""One's own password, and the record of who did what."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(200)]
FIRST, SECOND = "a first password 31", "a second password 59"


def _sign_in(page, email: str, password: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_changed_password_opens_the_door_and_stands_in_the_record(limn, browser, person):
    email = f"{uuid4().hex[:8]}@limn.example"
    body = {"email": email, "name": "Nora New", "password": FIRST, "is_admin": False}
    limn.client("admin@limn.example").post("/api/v1/users", json=body).raise_for_status()
    page = browser.new_context(base_url=limn.address).new_page()
    _sign_in(page, email, FIRST)
    page.get_by_role("button", name="Account of Nora New").click()
    page.get_by_role("menuitem", name="My password").click()

    page.get_by_role("textbox", name="Present password").fill("wrong")
    page.get_by_role("textbox", name="New password", exact=True).fill(SECOND)
    page.get_by_role("textbox", name="New password once more").fill(SECOND)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("textbox", name="Present password").fill(FIRST)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("Changed.")).to_be_visible()

    _sign_in(browser_page := browser.new_context(base_url=limn.address).new_page(), email, FIRST)
    expect(browser_page.get_by_text("do not match")).to_be_visible()
    _sign_in(browser_page, email, SECOND)
    expect(browser_page.get_by_role("heading", name="Work")).to_be_visible()

    admin = person("admin")
    admin.page.goto("/admin/audit")
    admin.page.get_by_role("button", name="People").click()
    row = admin.page.get_by_role("row").filter(has_text="changed a password").first
    expect(row).to_contain_text("Nora New")
    assert admin.faults == []
