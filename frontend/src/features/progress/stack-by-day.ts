interface DayCount {
  readonly day: string;
  readonly user: string;
  readonly count: number;
}

interface StackedDay {
  readonly day: string;
  readonly counts: Readonly<Record<string, number>>;
}

const longest = 60;

/** Turn counts by day and person into days in order, idle days included, the last 60 at most. */
export function stackByDay(rows: readonly DayCount[]): {
  readonly people: readonly string[];
  readonly days: readonly StackedDay[];
} {
  const people = [...new Set(rows.map((row) => row.user))].sort();
  const present = [...new Set(rows.map((row) => row.day))].sort();
  const first = present[0];
  const last = present.at(-1);
  if (first === undefined || last === undefined) return { people, days: [] };
  const days = daysBetween(first, last)
    .slice(-longest)
    .map((day) => ({ day, counts: countsOf(rows, day) }));
  return { people, days };
}

function countsOf(rows: readonly DayCount[], day: string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const row of rows) {
    if (row.day === day) counts[row.user] = (counts[row.user] ?? 0) + row.count;
  }
  return counts;
}

function daysBetween(first: string, last: string): readonly string[] {
  const days: string[] = [];
  for (let at = Date.parse(`${first}T00:00:00Z`); ; at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10);
    days.push(day);
    if (day >= last) return days;
  }
}
