import type { PatientStudy } from "@/api/types";

import classes from "./patients.module.css";
import { lanesOf, marksOf } from "./time-places";

const laneHeight = 30;

/** When which kind of picture was made; the list below says the same in words. */
export function Timeline({ studies }: { readonly studies: readonly PatientStudy[] }) {
  const lanes = lanesOf(studies);
  if (lanes.length === 0) return null;
  return (
    <div className={classes["timeline"]} aria-hidden="true">
      {lanes.map((lane) => (
        <div key={lane.modality} className={classes["lane"]} style={{ height: laneHeight }}>
          <span>{lane.modality}</span>
          <div className={classes["line"]}>
            {lane.points.map((point) => (
              <i key={point.id} style={{ left: `${point.at * 100}%` }} />
            ))}
          </div>
        </div>
      ))}
      <div className={classes["lane"]}>
        <span />
        <div className={classes["years"]}>
          {marksOf(studies).map((mark) => (
            <b key={mark.label} style={{ left: `${mark.at * 100}%` }}>
              {mark.label}
            </b>
          ))}
        </div>
      </div>
    </div>
  );
}
