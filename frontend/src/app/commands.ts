import { useMantineColorScheme } from "@mantine/core";
import { useMemo } from "react";
import { useNavigate } from "react-router";

import { usePlaces } from "./use-places";

/** A thing that can be done from anywhere: the palette and the keyboard read the same list. */
export interface Command {
  readonly id: string;
  readonly label: string;
  /** One key, or a sequence such as "g w". */
  readonly key: string | null;
  readonly run: () => void;
}

interface Dialogs {
  readonly openPalette: () => void;
  readonly openShortcuts: () => void;
}

/** Every command open to this person now. */
export function useCommands({ openPalette, openShortcuts }: Dialogs): readonly Command[] {
  const navigate = useNavigate();
  const places = usePlaces();
  const { toggleColorScheme } = useMantineColorScheme();
  return useMemo(
    () => [
      ...places.map((place) => ({
        id: `go:${place.path}`,
        label: `Go to ${place.label}`,
        key: place.key,
        run: () => void navigate(place.path),
      })),
      {
        id: "work:next",
        label: "Open the next task",
        key: "n",
        run: () => void navigate("/work?next"),
      },
      {
        id: "studies:upload",
        label: "Upload images",
        key: "u",
        run: () => void navigate("/uploads"),
      },
      {
        id: "quarantine",
        label: "Look at what waits in quarantine",
        key: "g q",
        run: () => void navigate("/quarantine"),
      },
      {
        id: "projects:new",
        label: "New project",
        key: "g n",
        run: () => void navigate("/projects/new"),
      },
      { id: "theme", label: "Switch between dark and light", key: "g t", run: toggleColorScheme },
      { id: "palette", label: "Search and commands", key: "/", run: openPalette },
      { id: "shortcuts", label: "Show all keys", key: "?", run: openShortcuts },
    ],
    [places, navigate, toggleColorScheme, openPalette, openShortcuts],
  );
}
