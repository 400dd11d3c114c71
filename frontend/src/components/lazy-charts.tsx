import { type ComponentProps, lazy, Suspense } from "react";

import type * as Charts from "./charts";

const Bars = lazy(async () => ({ default: (await import("./charts")).StackedBars }));
const Interval = lazy(async () => ({ default: (await import("./charts")).IntervalCurve }));
const Training = lazy(async () => ({ default: (await import("./charts")).TrainingCurve }));

/** Charts weigh 100 kB: they are loaded by the first page that draws one. */
export function StackedBars(props: ComponentProps<typeof Charts.StackedBars>) {
  return (
    <Suspense fallback={<div style={{ height: 220 }} />}>
      <Bars {...props} />
    </Suspense>
  );
}

export function IntervalCurve(props: ComponentProps<typeof Charts.IntervalCurve>) {
  return (
    <Suspense fallback={<div style={{ height: 220 }} />}>
      <Interval {...props} />
    </Suspense>
  );
}

export function TrainingCurve(props: ComponentProps<typeof Charts.TrainingCurve>) {
  return (
    <Suspense fallback={<div style={{ height: 200 }} />}>
      <Training {...props} />
    </Suspense>
  );
}
