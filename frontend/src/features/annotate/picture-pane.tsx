import { useEffect, useRef } from "react";

import type { Station } from "@/viewer-core/station";

import { CornerInfo } from "./corner-info";
import { OverlayToggle } from "./overlay-toggle";
import classes from "./picture.module.css";
import { useStore } from "./use-store";

interface PicturePaneProps {
  readonly station: Station;
  readonly firstIndex: number;
}

/** The picture: image, labels and the hand's own layer, with what is written in the corners. */
export function PicturePane({ station, firstIndex }: PicturePaneProps) {
  const picture = useRef<HTMLDivElement>(null);
  const labels = useRef<HTMLCanvasElement>(null);
  const sketch = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (!picture.current || !labels.current || !sketch.current) return;
    // Keys belong to the picture from the first moment, unless something else took them already.
    if (document.activeElement === document.body) sketch.current.focus({ preventScroll: true });
    return station.workbench.attach(
      { picture: picture.current, labels: labels.current, sketch: sketch.current },
      firstIndex,
    );
  }, [station, firstIndex]);
  return (
    <section className={classes["pane"]} aria-label="Picture">
      <div ref={picture} className={classes["layer"]} />
      <canvas ref={labels} className={classes["layer"]} data-labels="true" aria-hidden />
      <canvas
        ref={sketch}
        className={classes["layer"]}
        tabIndex={0}
        data-picture="true"
        role="img"
        aria-label="Slice with labels"
      />
      <CornerInfo shown={station.workbench} hasTitle>
        <OverlayToggle station={station} />
      </CornerInfo>
      <Notice station={station} />
    </section>
  );
}

function Notice({ station }: { readonly station: Station }) {
  const notice = useStore(station.notice);
  const smart = useStore(station.smart.state);
  const settings = useStore(station.settings);
  const failure = useStore(station.workbench.picture)?.failure ?? null;
  const isSmart = settings.tool === "smart";
  const said = notice ?? failure ?? (isSmart ? smart.message : "");
  return (
    <output className={classes["notice"]} data-shown={said ? "true" : "false"}>
      {said}
    </output>
  );
}
