import type { Settings } from "@/viewer-core/settings";
import type { Station } from "@/viewer-core/station";

const KEY = "limn-station";

type Preferences = Pick<Settings, "hasPatterns" | "opacity" | "radius_mm">;

/** Take up what this person likes, on whatever task, and remember what they change. */
export function keepPreferences(station: Station): () => void {
  const { settings } = station;
  settings.patch(remembered());
  let written = preferencesOf(settings.get());
  return settings.subscribe(() => {
    const now = preferencesOf(settings.get());
    if (now === written) return;
    written = now;
    localStorage.setItem(KEY, now);
  });
}

function preferencesOf({ hasPatterns, opacity, radius_mm }: Settings): string {
  return JSON.stringify({ hasPatterns, opacity, radius_mm } satisfies Preferences);
}

function remembered(): Partial<Preferences> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? checked(kept) : {};
  } catch {
    return {};
  }
}

function checked(kept: Partial<Record<keyof Preferences, unknown>>): Partial<Preferences> {
  const { hasPatterns, opacity, radius_mm } = kept;
  return {
    ...(typeof hasPatterns === "boolean" ? { hasPatterns } : {}),
    ...(typeof opacity === "number" ? { opacity } : {}),
    ...(typeof radius_mm === "number" ? { radius_mm } : {}),
  };
}
