"""The reading station as a test uses it: keys and mouse, and what the page says it shows."""

import base64
import io
import re
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect

from ml_worker.contract.masks import decode_mask

PATIENT_MS = 60_000


class Station:
    """Drives one open task."""

    def __init__(self, page: Page):
        self.page = page

    def wait_open(self) -> "Station":
        """Wait for the first picture."""
        self.page.wait_for_function(
            "window.__limn && window.__limn.slice !== null", timeout=PATIENT_MS
        )
        expect(self.page.get_by_role("button", name="Submit")).to_be_enabled()
        return self

    def open(self, task_id: str) -> "Station":
        """Go to a task and take it over from a browser of this person that is gone by now."""
        self.page.goto(f"/work/{task_id}")
        take_over = self.page.get_by_role("button", name="Take over")
        submit = self.page.get_by_role("button", name="Submit")
        expect(take_over.or_(submit).first).to_be_visible(timeout=PATIENT_MS)
        if take_over.is_visible():
            take_over.click()
        return self.wait_open()

    @property
    def task_id(self) -> str:
        """The task in the address."""
        found = re.search(r"/work/([0-9a-f-]{36})", self.page.url)
        assert found, f"no task is open at {self.page.url}"
        return found.group(1)

    @property
    def frame(self) -> str:
        """The key of the frame on the screen."""
        return str(self.page.evaluate("window.__limn.frame"))

    def wait_frame(self) -> str:
        """Wait until the frame that was asked for is on the screen; return its key."""
        self.page.wait_for_function("window.__limn.place(0, 0) !== null", timeout=PATIENT_MS)
        return self.frame

    def tool(self, name: str) -> None:
        """Take a tool from the rail."""
        button = self.page.get_by_role("toolbar", name="Tools").get_by_role(
            "button", name=name, exact=True
        )
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")

    def at(self, i: float, j: float) -> tuple[float, float]:
        """Return the page position of a voxel's centre."""
        box = self.page.locator("canvas[data-picture=true]").bounding_box()
        assert box is not None
        place = self.page.evaluate("([i, j]) => window.__limn.place(i, j)", [i, j])
        assert place is not None
        return box["x"] + place["x"], box["y"] + place["y"]

    def stroke(self, *points: tuple[float, float]) -> None:
        """Press at the first voxel, move along, let go at the last."""
        mouse = self.page.mouse
        mouse.move(*self.at(*points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self.at(*point), steps=6)
        mouse.up()

    def labels(self, frame: str, shape: tuple[int, int], layer: int = 0) -> NDArray[np.uint16]:
        """Return the labels the page holds for a frame, [rows, columns]."""
        values = self.page.evaluate(
            "([layer, frame]) => window.__limn.values(layer, frame)", [layer, frame]
        )
        if not values:
            return np.zeros(shape, np.uint16)
        return np.array(values, np.uint16).reshape(shape)

    def wait_saved(self) -> None:
        """Wait until the page says that everything is saved."""
        self.page.wait_for_function("window.__limn.status === 'saved'", timeout=PATIENT_MS)
        expect(self.page.locator("output[data-kind=saved]")).to_have_text("Saved")

    def answer(self, label: str) -> None:
        """Choose an answer of the form."""
        self.page.get_by_role("region", name="Questions").get_by_text(label, exact=True).click()

    def submit_and_wait_for_next(self) -> None:
        """Hand in; the next task opens by itself (or the work page says there is none)."""
        before = self.task_id
        self.page.get_by_role("button", name="Submit").click()
        self.page.wait_for_function(
            "(id) => !location.pathname.includes(id)", arg=before, timeout=PATIENT_MS
        )

    def press(self, key: str) -> None:
        """Press a key for the station, whatever had the focus."""
        self.page.locator("canvas[data-picture=true]").focus()
        self.page.keyboard.press(key)

    def go_to(self, slice_number: int) -> str:
        """Go to a slice, counted from 1, by the keyboard; return its frame's key."""
        self.press("Home")
        for _ in range(slice_number - 1):
            self.page.keyboard.press("ArrowDown")
        self.page.wait_for_function(
            "(at) => window.__limn.slice === at", arg=slice_number - 1, timeout=PATIENT_MS
        )
        return self.wait_frame()

    def click(self, i: float, j: float, held: str | None = None) -> None:
        """Click on a voxel, perhaps with a key held."""
        if held:
            self.page.keyboard.down(held)
        self.page.mouse.click(*self.at(i, j))
        if held:
            self.page.keyboard.up(held)

    def voxels(self, segment: int) -> int:
        """Return how many voxels of a segment the page holds, over all frames and layers."""
        return int(self.page.evaluate("(id) => window.__limn.voxels(id)", segment))

    def painted(self) -> int:
        """Return how many pixels of the label layer are painted."""
        script = """() => new Promise((done) => requestAnimationFrame(() => {
            const canvas = document.querySelector('canvas[data-labels]');
            const { width, height } = canvas;
            const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
            done(data.reduce((sum, value, at) => sum + (at % 4 === 3 && value > 0 ? 1 : 0), 0));
        }))"""
        return int(self.page.evaluate(script))

    def color_at(self, i: float, j: float) -> tuple[int, int, int]:
        """Return the colour on the screen at a voxel."""
        x, y = self.at(i, j)
        clip = {"x": round(x) - 1, "y": round(y) - 1, "width": 3, "height": 3}
        with Image.open(io.BytesIO(self.page.screenshot(clip=clip))) as picture:
            red, green, blue = picture.convert("RGB").getpixel((1, 1))
        return red, green, blue

    def stored(self, client: httpx.Client) -> "Stored":
        """Return what the server holds of the open document."""
        document = self.page.evaluate("window.__limn.documentId")
        return Stored(client.get(f"/api/v1/documents/{document}").raise_for_status().json())


class Stored:
    """A document as the API gives it."""

    def __init__(self, state: dict[str, Any]):
        self.state = state

    def labels(self, frame: str, layer: int = 0) -> NDArray[np.uint16] | None:
        """Return the labels on a frame, [rows, columns]; None where there are none."""
        for mask in self.state["masks"]:
            if mask["frame"] == frame and mask["layer"] == layer:
                return decode_mask(base64.b64decode(mask["data"]))
        return None

    def voxels(self, segment: int) -> int:
        """Return how many voxels a segment has, over all frames and layers."""
        masks = (decode_mask(base64.b64decode(mask["data"])) for mask in self.state["masks"])
        return sum(int((values == segment).sum()) for values in masks)

    def shapes(self, kind: str) -> list[dict[str, Any]]:
        """Return the shapes of a kind."""
        return [shape for shape in self.state["objects"] if shape["kind"] == kind]
