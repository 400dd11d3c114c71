import { Tooltip } from "@mantine/core";
import {
  IconEye,
  IconEyeOff,
  IconFocus2,
  IconLock,
  IconLockOpen,
  IconTexture,
} from "@tabler/icons-react";
import type { ReactNode } from "react";

import { KeyHint } from "@/components/key-hint";
import { formatNumber } from "@/lib/format";
import { patternCss } from "@/viewer-core/patterns";
import type { Segment } from "@/viewer-core/settings";
import type { Station } from "@/viewer-core/station";
import { type SegmentTotal, segmentTotals } from "@/viewer-core/totals";

import classes from "./panels.module.css";
import { useStore } from "./use-store";

/** The segments: colour, name, volume, eye, lock, only this one. */
export function SegmentsPanel({ station }: { readonly station: Station }) {
  useStore(station.revision);
  const totals = segmentTotals(station.document.masks, station.frames);
  return (
    <section className={classes["panel"]} aria-label="Segments">
      <h2>
        Segments
        <span className={classes["fill"]}>
          <Patterns station={station} />
          <Opacity station={station} />
        </span>
      </h2>
      <ul className={classes["segments"]}>
        {station.segments.map((segment, index) => (
          <SegmentRow
            key={segment.id}
            station={station}
            segment={segment}
            place={index}
            digit={index < 9 ? `${index + 1}` : ""}
            total={totals.get(segment.id)}
          />
        ))}
      </ul>
    </section>
  );
}

/** Fill with patterns, so that segments are told apart without their colours. */
function Patterns({ station }: { readonly station: Station }) {
  const { hasPatterns } = useStore(station.settings);
  return (
    <Flag
      label="Patterns in the fill"
      keys="W"
      isOn={hasPatterns}
      onClick={() => station.settings.patch({ hasPatterns: !hasPatterns })}
    >
      <IconTexture size={15} />
    </Flag>
  );
}

function Opacity({ station }: { readonly station: Station }) {
  const { opacity } = useStore(station.settings);
  return (
    <input
      type="range"
      className={classes["opacity"]}
      aria-label="Opacity of the fill"
      title={`Fill ${Math.round(opacity * 100)} %`}
      min={0}
      max={1}
      step={0.05}
      value={opacity}
      onChange={(event) => station.settings.patch({ opacity: event.currentTarget.valueAsNumber })}
    />
  );
}

interface SegmentRowProps {
  readonly station: Station;
  readonly segment: Segment;
  /** Where it stands in the list: its pattern. */
  readonly place: number;
  readonly digit: string;
  readonly total: SegmentTotal | undefined;
}

function SegmentRow({ station, segment, place, digit, total }: SegmentRowProps) {
  const settings = useStore(station.settings);
  const { id, name, color } = segment;
  const isHidden = settings.hidden.has(id);
  const isLocked = settings.locked.has(id);
  const isActive = settings.segment === id;
  const flip = (set: ReadonlySet<number>): ReadonlySet<number> => {
    const next = new Set(set);
    if (!next.delete(id)) next.add(id);
    return next;
  };
  return (
    <li className={classes["segment"]} data-active={isActive} data-hidden={isHidden}>
      <button
        type="button"
        className={classes["segmentName"]}
        aria-pressed={isActive}
        onClick={() => station.settings.patch({ segment: id })}
      >
        <kbd>{digit}</kbd>
        <i
          style={{
            borderColor: color,
            background: settings.hasPatterns ? patternCss(place, color) : `${color}66`,
          }}
        />
        <span dir="auto" title={name}>
          {name}
        </span>
        <b>{volume(total)}</b>
      </button>
      <Flag
        label={isHidden ? `Show ${name}` : `Hide ${name}`}
        keys="H"
        isOn={isHidden}
        onClick={() => station.settings.patch({ hidden: flip(settings.hidden) })}
      >
        {isHidden ? <IconEyeOff size={15} /> : <IconEye size={15} />}
      </Flag>
      <Flag
        label={isLocked ? `Unlock ${name}` : `Lock ${name}`}
        keys="J"
        isOn={isLocked}
        onClick={() => station.settings.patch({ locked: flip(settings.locked) })}
      >
        {isLocked ? <IconLock size={15} /> : <IconLockOpen size={15} />}
      </Flag>
      <Flag
        label={settings.solo === id ? "Show all segments" : `Show only ${name}`}
        keys="O"
        isOn={settings.solo === id}
        onClick={() => station.settings.patch({ solo: settings.solo === id ? null : id })}
      >
        <IconFocus2 size={15} />
      </Flag>
    </li>
  );
}

interface FlagProps {
  readonly label: string;
  readonly keys: string;
  readonly isOn: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function Flag({ label, keys, isOn, onClick, children }: FlagProps) {
  return (
    <Tooltip label={<KeyHint label={label} keys={keys} />}>
      <button
        type="button"
        className={classes["flag"]}
        aria-label={label}
        aria-pressed={isOn}
        onClick={onClick}
      >
        {children}
      </button>
    </Tooltip>
  );
}

/** "812 ml", "3.1 ml", or voxels where distances are not known. */
function volume(total: SegmentTotal | undefined): string {
  if (!total) return "–";
  if (total.ml === null) return `${total.voxels} px`;
  return `${formatNumber(total.ml, total.ml < 100 ? 1 : 0)} ml`;
}
