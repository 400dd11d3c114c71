import { Tooltip } from "@mantine/core";
import { IconLink, IconLinkOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useMemo, useRef } from "react";

import type { Id } from "@/api/types";
import { KeyHint } from "@/components/key-hint";
import { Beside } from "@/viewer-core/beside";
import type { GridView } from "@/viewer-core/grid-view";
import type { Station } from "@/viewer-core/station";

import { gridView, studyOf } from "./calls";
import { CornerInfo } from "./corner-info";
import classes from "./picture.module.css";
import { useStore } from "./use-store";

interface BesidePaneProps {
  readonly station: Station;
  /** The grid that is shown here. */
  readonly gridId: Id;
  readonly onGrid: (gridId: Id) => void;
}

/** The second picture: this series again, or another one of the study. */
export function BesidePane({ station, gridId, onGrid }: BesidePaneProps) {
  const own = station.view;
  const isOwn = gridId === own.grid.id;
  const other = useQuery({
    queryKey: ["grid-view", gridId],
    queryFn: () => gridView(gridId),
    enabled: !isOwn,
  });
  const view = isOwn ? own : other.data;
  return (
    <section className={classes["pane"]} aria-label="Picture beside">
      {view && <BesidePicture key={view.grid.id} station={station} view={view} />}
      <div className={classes["besideBar"]}>
        <SeriesChoice station={station} gridId={gridId} onGrid={onGrid} />
        <LinkSwitch station={station} />
      </div>
      {other.isError && <p className={classes["besideFault"]}>This series cannot be shown now.</p>}
    </section>
  );
}

function SeriesChoice({ station, gridId, onGrid }: BesidePaneProps) {
  const { study, grid, series } = station.view;
  const list = useQuery({ queryKey: ["study", study.id], queryFn: () => studyOf(study.id) });
  const grids = (list.data?.series ?? []).flatMap((row) =>
    row.grids.map(({ id, name }) => ({
      id,
      label: [row.modality, row.description || `Series ${row.number ?? ""}`, name]
        .filter(Boolean)
        .join(" · "),
    })),
  );
  const own = { id: grid.id, label: series.description || "This series" };
  const shown = grids.some(({ id }) => id === grid.id) ? grids : [own, ...grids];
  return (
    <select
      aria-label="Series beside"
      value={gridId}
      onChange={(event) => onGrid(event.currentTarget.value)}
    >
      {shown.map(({ id, label }) => (
        <option key={id} value={id}>
          {id === grid.id ? `${label} (again)` : label}
        </option>
      ))}
    </select>
  );
}

/** Both pictures scroll together, or each for itself. */
function LinkSwitch({ station }: { readonly station: Station }) {
  const beside = useStore(station.beside);
  return beside?.canLink ? <LinkButton beside={beside} /> : null;
}

function LinkButton({ beside }: { readonly beside: Beside }) {
  const isLinked = useStore(beside.isLinked);
  const label = isLinked ? "Scroll each for itself" : "Scroll both together";
  return (
    <Tooltip label={<KeyHint label={label} keys="N" />}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={isLinked}
        onClick={() => beside.isLinked.set(!isLinked)}
      >
        {isLinked ? <IconLink size={15} /> : <IconLinkOff size={15} />}
      </button>
    </Tooltip>
  );
}

interface BesidePictureProps {
  readonly station: Station;
  readonly view: GridView;
}

function BesidePicture({ station, view }: BesidePictureProps) {
  const picture = useRef<HTMLDivElement>(null);
  const labels = useRef<HTMLCanvasElement>(null);
  const sketch = useRef<HTMLCanvasElement>(null);
  const beside = useMemo(() => new Beside(station, view), [station, view]);
  // Leaves at once: a picture without a place on the screen must not be there when others resize.
  useLayoutEffect(() => {
    if (!picture.current || !labels.current || !sketch.current) return;
    station.beside.set(beside);
    const detach = beside.attach({
      picture: picture.current,
      labels: labels.current,
      sketch: sketch.current,
    });
    return () => {
      station.beside.set(null);
      detach();
    };
  }, [station, beside]);
  return (
    <>
      <div ref={picture} className={classes["layer"]} />
      <canvas ref={labels} className={classes["layer"]} aria-hidden />
      <canvas
        ref={sketch}
        className={classes["layer"]}
        tabIndex={0}
        data-picture="beside"
        role="img"
        aria-label="Slice beside"
      />
      <CornerInfo shown={beside} hasTitle={false} />
    </>
  );
}
