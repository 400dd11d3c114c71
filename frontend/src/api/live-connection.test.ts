import { expect, test, vi } from "vitest";

import { LiveConnection, type LiveEvent } from "./live-connection";

class FakeSource extends EventTarget {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  readonly close = vi.fn();
}

function setUp() {
  vi.useFakeTimers();
  const opened: { url: string; source: FakeSource }[] = [];
  const live = new LiveConnection((url) => {
    const source = new FakeSource();
    opened.push({ url, source });
    return source as unknown as EventSource;
  });
  live.setUrl("/events");
  return { live, opened };
}

test("many listeners share one stream of all their topics", () => {
  const { live, opened } = setUp();
  live.subscribe(["project:1"], vi.fn());
  live.subscribe(["job:2", "project:1"], vi.fn());
  vi.runAllTimers();
  expect(opened.map((one) => decodeURIComponent(one.url))).toEqual([
    "/events?topics=job:2,project:1",
  ]);
  vi.useRealTimers();
});

test("news reaches those who asked for its topic; a resync reaches all", () => {
  const { live, opened } = setUp();
  const [one, two]: [LiveEvent[], LiveEvent[]] = [[], []];
  live.subscribe(["project:1"], (event) => one.push(event));
  live.subscribe(["job:2"], (event) => two.push(event));
  vi.runAllTimers();
  const source = opened[0]?.source;
  source?.onmessage?.({ data: '{"topic":"project:1","kind":"task","id":"9"}' });
  source?.onmessage?.({ data: "not json" });
  source?.dispatchEvent(new Event("resync"));
  expect(one.map((event) => event.topic)).toEqual(["project:1", "*"]);
  expect(two.map((event) => event.topic)).toEqual(["*"]);
  vi.useRealTimers();
});

test("the stream is closed when nobody listens", () => {
  const { live, opened } = setUp();
  const stop = live.subscribe(["user"], vi.fn());
  vi.runAllTimers();
  stop();
  vi.runAllTimers();
  expect(opened[0]?.source.close).toHaveBeenCalledOnce();
  expect(opened).toHaveLength(1);
  vi.useRealTimers();
});
