"""axe-core in a page: what of it not everybody can read or reach."""

from typing import Any

from playwright.sync_api import Page

from tests.installation import ROOT

SCRIPT = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
ALL = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
RUN = """async (runOnly) => {
  const found = await axe.run(document, { runOnly });
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, html, failureSummary }) =>
      `${id} at ${target.join(" ")}: ${html.slice(0, 160)} (${failureSummary.slice(0, 200)})`));
}"""


def violations(page: Page, rules: dict[str, Any] = ALL) -> list[str]:
    """Return what axe finds on the page as it stands: rule, place, reason.

    `rules` say which of axe's rules; COLOURS are those that another theme may break.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT.read_text())
    return list(page.evaluate(RUN, rules))
