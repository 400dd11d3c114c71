import { NumberInput, SegmentedControl, TextInput } from "@mantine/core";

import type { SourceSchedule as Schedule } from "@/api/types";

import classes from "./sources.module.css";

interface SourceScheduleProps {
  readonly schedule: Schedule;
  readonly onChange: (part: { readonly schedule: Schedule }) => void;
}

const usualMinutes = 15;
const usualTime = "03:00";

/** When a source is looked at by itself. */
export function SourceSchedule({ schedule, onChange }: SourceScheduleProps) {
  const { every_minutes: minutes = null, daily_at: time = null } = schedule;
  const mode = minutes !== null ? "minutes" : time !== null ? "daily" : "never";
  function change(every_minutes: number | null, daily_at: string | null) {
    onChange({ schedule: { every_minutes, daily_at } });
  }
  function pick(next: string) {
    change(next === "minutes" ? usualMinutes : null, next === "daily" ? usualTime : null);
  }
  return (
    <div className={classes["schedule"]}>
      <SegmentedControl
        aria-label="When it is looked at"
        value={mode}
        onChange={pick}
        data={[
          { value: "never", label: "Only when asked" },
          { value: "minutes", label: "Every few minutes" },
          { value: "daily", label: "Daily" },
        ]}
      />
      {mode === "minutes" && (
        <NumberInput
          label="Minutes between two looks"
          min={1}
          max={10080}
          value={minutes ?? usualMinutes}
          onChange={(value) => typeof value === "number" && change(value, null)}
        />
      )}
      {mode === "daily" && (
        <TextInput
          label="At (UTC)"
          type="time"
          required
          withAsterisk={false}
          value={time ?? usualTime}
          onChange={(event) => change(null, event.currentTarget.value)}
        />
      )}
    </div>
  );
}
