import type { SegmentMetric } from "@/api/types";
import { formatNumber } from "@/lib/format";

import type { ComparedSegment } from "./compared";

const width = 640;
const names = 150;
const rowHeight = 34;
const ticks = [0, 0.25, 0.5, 0.75, 1] as const;

interface IntervalRowsProps {
  readonly rows: readonly ComparedSegment[];
  readonly titles: readonly [string, string];
}

/** Means as dots in their intervals: the first version filled, the second hollow. */
export function IntervalRows({ rows, titles }: IntervalRowsProps) {
  const height = rows.length * rowHeight + 46;
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width="100%"
      style={{ maxWidth: width }}
      role="img"
      aria-label={`Dice of ${titles[0]} and ${titles[1]} by segment`}
      fontSize={12}
      fill="var(--limn-dim)"
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={x(tick)} x2={x(tick)} y1={0} y2={height - 42} stroke="var(--limn-line)" />
          <text x={x(tick)} y={height - 28} textAnchor="middle">
            {formatNumber(tick, 2)}
          </text>
        </g>
      ))}
      {rows.map((row, index) => (
        <g key={row.id} transform={`translate(0 ${index * rowHeight})`}>
          <text x={0} y={21} fill="var(--limn-text)">
            {shortened(row.name)}
          </text>
          <Interval metric={row.one} y={11} isFilled />
          <Interval metric={row.other} y={23} isFilled={false} />
        </g>
      ))}
      <Key x={names} y={height - 6} title={titles[0]} isFilled />
      <Key x={names + 220} y={height - 6} title={titles[1]} isFilled={false} />
    </svg>
  );
}

interface IntervalProps {
  readonly metric: SegmentMetric | null;
  readonly y: number;
  readonly isFilled: boolean;
}

function Interval({ metric, y, isFilled }: IntervalProps) {
  if (metric === null || metric.dice_mean === null) return null;
  const [low, high] = [metric.dice_low ?? metric.dice_mean, metric.dice_high ?? metric.dice_mean];
  return (
    <g stroke="var(--limn-model)" strokeWidth={isFilled ? 3 : 1.5}>
      <line x1={x(low)} x2={x(high)} y1={y} y2={y} strokeOpacity={0.55} />
      <Dot x={x(metric.dice_mean)} y={y} isFilled={isFilled} />
    </g>
  );
}

interface DotProps {
  readonly x: number;
  readonly y: number;
  readonly isFilled: boolean;
}

function Dot({ x: cx, y, isFilled }: DotProps) {
  const fill = isFilled ? "var(--limn-model)" : "var(--limn-panel)";
  return <circle cx={cx} cy={y} r={4} fill={fill} stroke="var(--limn-model)" strokeWidth={1.5} />;
}

function Key({ title, ...dot }: DotProps & { readonly title: string }) {
  return (
    <g>
      <Dot {...dot} y={dot.y - 4} />
      <text x={dot.x + 12} y={dot.y}>
        {title}
      </text>
    </g>
  );
}

function x(dice: number): number {
  return names + dice * (width - names - 20);
}

function shortened(name: string): string {
  return name.length > 22 ? `${name.slice(0, 21)}…` : name;
}
