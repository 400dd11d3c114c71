import {
  Area,
  Bar,
  BarChart,
  CartesianGrid,
  ComposedChart,
  Legend,
  Line,
  LineChart,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";

import { formatNumber } from "@/lib/format";

const axis = { stroke: "var(--limn-dim)", fontSize: 12, tickLine: false } as const;
const grid = <CartesianGrid stroke="var(--limn-line)" vertical={false} />;
const tooltip = (
  <Tooltip
    isAnimationActive={false}
    contentStyle={{
      background: "var(--limn-raised)",
      border: "1px solid var(--limn-line)",
      borderRadius: 6,
      fontSize: 13,
    }}
    formatter={(value) => written(value)}
    cursor={{ fill: "var(--limn-raised)", stroke: "var(--limn-line)" }}
  />
);

export interface SeriesOfBars {
  readonly key: string;
  readonly color: string;
}

interface StackedBarsProps {
  readonly data: readonly Readonly<Record<string, string | number>>[];
  readonly x: string;
  readonly series: readonly SeriesOfBars[];
}

/** Counts a day, stacked by person. */
export function StackedBars({ data, x, series }: StackedBarsProps) {
  return (
    <ResponsiveContainer width="100%" height={220}>
      <BarChart data={[...data]} margin={{ top: 6, right: 8, bottom: 0, left: -18 }}>
        {grid}
        <XAxis dataKey={x} {...axis} />
        <YAxis allowDecimals={false} {...axis} axisLine={false} />
        {tooltip}
        {series.map((one) => (
          <Bar
            key={one.key}
            dataKey={one.key}
            stackId="all"
            fill={one.color}
            maxBarSize={36}
            isAnimationActive={false}
          />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}

export interface CurvePoint {
  readonly x: number;
  readonly mean: number | null;
  readonly interval: readonly [number, number] | null;
}

interface IntervalCurveProps {
  readonly points: readonly CurvePoint[];
  /** What the curve is to be held against: a dashed line at its height. */
  readonly baseline?: number | null;
}

/** Quality against labels: the mean in violet, since a model made it, in its interval. */
export function IntervalCurve({ points, baseline = null }: IntervalCurveProps) {
  return (
    <ResponsiveContainer width="100%" height={220}>
      <ComposedChart data={[...points]} margin={{ top: 6, right: 8, bottom: 0, left: -18 }}>
        {grid}
        <XAxis dataKey="x" type="number" domain={[0, "dataMax"]} allowDecimals={false} {...axis} />
        <YAxis domain={[0, 1]} {...axis} axisLine={false} />
        {tooltip}
        {baseline !== null && (
          <ReferenceLine y={baseline} stroke="var(--limn-dim)" strokeDasharray="4 3" />
        )}
        <Area
          dataKey="interval"
          name="95 % interval"
          stroke="none"
          fill="var(--limn-model)"
          fillOpacity={0.18}
          isAnimationActive={false}
        />
        <Line
          dataKey="mean"
          name="Dice"
          stroke="var(--limn-model)"
          strokeWidth={2}
          dot={{ r: 3, fill: "var(--limn-model)", strokeWidth: 0 }}
          isAnimationActive={false}
        />
      </ComposedChart>
    </ResponsiveContainer>
  );
}

interface TrainingCurveProps {
  readonly points: readonly {
    readonly step: number;
    readonly loss: number | null;
    readonly dice: number | null;
  }[];
}

/** A running training: loss falls (its axis is on the right), Dice on validation patients rises. */
export function TrainingCurve({ points }: TrainingCurveProps) {
  return (
    <ResponsiveContainer width="100%" height={200}>
      <LineChart data={[...points]} margin={{ top: 6, right: -18, bottom: 0, left: -18 }}>
        {grid}
        <XAxis dataKey="step" type="number" domain={["dataMin", "dataMax"]} {...axis} />
        <YAxis yAxisId="dice" domain={[0, 1]} {...axis} axisLine={false} />
        <YAxis yAxisId="loss" orientation="right" domain={[0, "auto"]} {...axis} axisLine={false} />
        {tooltip}
        <Legend verticalAlign="top" height={24} iconSize={14} wrapperStyle={{ fontSize: 12 }} />
        <Line
          yAxisId="loss"
          dataKey="loss"
          name="Loss (right)"
          stroke="var(--limn-dim)"
          strokeDasharray="4 3"
          dot={false}
          isAnimationActive={false}
        />
        <Line
          yAxisId="dice"
          dataKey="dice"
          name="Dice on validation patients (left)"
          stroke="var(--limn-model)"
          strokeWidth={2}
          dot={false}
          connectNulls
          isAnimationActive={false}
        />
      </LineChart>
    </ResponsiveContainer>
  );
}

function written(value: unknown): string {
  if (Array.isArray(value)) return value.map(written).join("–");
  if (typeof value !== "number") return String(value ?? "–");
  return Number.isInteger(value) ? String(value) : formatNumber(value, 3);
}
