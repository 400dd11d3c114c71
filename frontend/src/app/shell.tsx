import { useDisclosure } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import { Outlet, useLocation } from "react-router";

import { liveConnection, useLiveTopics } from "@/api/live";
import { useSession } from "@/api/requests/session";
import { ShortcutReader } from "@/lib/shortcuts";

import { type Command, useCommands } from "./commands";
import { DropAnywhere } from "./drop-anywhere";
import { JobsTray } from "./jobs-tray";
import { openPalette, Palette } from "./palette";
import { Rail } from "./rail";
import classes from "./shell.module.css";
import { ShortcutSheet } from "./shortcut-sheet";
import { warmStationWhenIdle } from "./warm-station";

/** Rail, page, palette, jobs: what surrounds every page but the station. */
export function Shell() {
  const [sheetOpen, sheet] = useDisclosure(false);
  const commands = useCommands({ openPalette, openShortcuts: sheet.open });
  useShortcuts(commands);
  useLiveNews();
  useEffect(warmStationWhenIdle, []);
  const main = useFocusOnNavigation();
  return (
    <div className={classes["shell"]}>
      <a className={classes["skip"]} href="#main">
        Skip to the page
      </a>
      <Rail />
      <main id="main" className={classes["main"]} ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <JobsTray />
      <Palette commands={commands} />
      <ShortcutSheet commands={commands} opened={sheetOpen} onClose={sheet.close} />
      <DropAnywhere />
    </div>
  );
}

function useShortcuts(commands: readonly Command[]): void {
  const reader = useRef(new ShortcutReader());
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      const command = reader.current.read(event, commands);
      if (!command) return;
      event.preventDefault();
      command.run();
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [commands]);
}

/** Point the tab's stream of news at the server, and hear what concerns this person. */
function useLiveNews(): void {
  const { data } = useSession();
  useEffect(() => {
    if (data?.events_url) liveConnection.setUrl(data.events_url);
  }, [data?.events_url]);
  useLiveTopics(["user"]);
}

/** A reader who moves by keyboard lands at the top of each new page. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const place = pathname.split("/").slice(0, 3).join("/");
  // biome-ignore lint/correctness/useExhaustiveDependencies: the place is what triggers it
  useEffect(() => {
    main.current?.focus({ preventScroll: true });
  }, [place]);
  return main;
}
