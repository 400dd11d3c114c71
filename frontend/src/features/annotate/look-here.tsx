import { KeyHint } from "@/components/key-hint";
import type { Station } from "@/viewer-core/station";

import classes from "./panels.module.css";
import type { Place } from "./places";
import { useStore } from "./use-store";

interface LookHereProps {
  readonly station: Station;
  readonly places: readonly Place[];
}

/** Slices worth a look; those that were seen are ticked off. */
export function LookHere({ station, places }: LookHereProps) {
  const visited = useStore(station.workbench.visited);
  const picture = useStore(station.workbench.picture);
  if (places.length === 0) return null;
  const seen = places.filter(({ index }) => visited.has(index)).length;
  return (
    <section className={classes["panel"]} aria-label="Look here">
      <h2>
        Look here
        <small>
          {seen} of {places.length} seen <KeyHint label="" keys="[ ]" />
        </small>
      </h2>
      <ul className={classes["places"]}>
        {places.map(({ id, index, label }) => (
          <li key={id}>
            <button
              type="button"
              aria-current={picture?.index === index}
              data-seen={visited.has(index)}
              onClick={() => station.workbench.goTo(index)}
            >
              <span>{label}</span>
              <b>{index + 1}</b>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
