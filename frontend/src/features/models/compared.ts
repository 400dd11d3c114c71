import type { ModelVersion, SegmentMetric } from "@/api/types";

/** One segment as two versions are measured on it. */
export interface ComparedSegment {
  readonly id: number;
  readonly name: string;
  readonly one: SegmentMetric | null;
  readonly other: SegmentMetric | null;
}

/** Every segment that either version knows, in the schema's order. */
export function compared(one: ModelVersion, other: ModelVersion): readonly ComparedSegment[] {
  const names = new Map([...other.segments, ...one.segments].map(({ id, name }) => [id, name]));
  return [...names]
    .sort(([first], [second]) => first - second)
    .map(([id, name]) => ({
      id,
      name,
      one: one.metrics.per_segment?.[String(id)] ?? null,
      other: other.metrics.per_segment?.[String(id)] ?? null,
    }));
}
