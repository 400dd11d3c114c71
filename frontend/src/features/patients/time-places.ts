/** Where things lie on the line of time, from 0 to 1. */
export interface Lane {
  readonly modality: string;
  readonly points: readonly { readonly id: string; readonly at: number }[];
}

export interface TimeMark {
  readonly at: number;
  readonly label: string;
}

interface Dated {
  readonly id: string;
  readonly date: string | null;
  readonly modalities: readonly string[];
}

/** A lane per modality; studies without a date lie on none. */
export function lanesOf(studies: readonly Dated[]): readonly Lane[] {
  const span = spanOf(studies);
  if (!span) return [];
  const names = [...new Set(studies.flatMap((study) => study.modalities))].sort();
  return names.map((modality) => ({
    modality,
    points: studies.flatMap((study) => {
      const time = timeOf(study.date);
      if (time === null || !study.modalities.includes(modality)) return [];
      return [{ id: study.id, at: span.place(time) }];
    }),
  }));
}

const mostMarks = 8;

/** The beginnings of years within the span, or its first and last day where it is short. */
export function marksOf(studies: readonly Dated[]): readonly TimeMark[] {
  const span = spanOf(studies);
  if (!span) return [];
  const first = new Date(span.from).getUTCFullYear() + 1;
  const last = new Date(span.to).getUTCFullYear();
  const step = Math.max(1, Math.ceil((last - first + 1) / mostMarks));
  const years = Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => first + k);
  if (years.length === 0) return [{ at: 0.5, label: String(last) }];
  return years
    .filter((_, k) => k % step === 0)
    .map((year) => ({ at: span.place(Date.UTC(year, 0, 1)), label: String(year) }));
}

interface Span {
  readonly from: number;
  readonly to: number;
  place(time: number): number;
}

function spanOf(studies: readonly Dated[]): Span | null {
  const times = studies.flatMap((study) => timeOf(study.date) ?? []);
  if (times.length === 0) return null;
  const from = Math.min(...times);
  const to = Math.max(...times);
  return { from, to, place: (time) => (to === from ? 0.5 : (time - from) / (to - from)) };
}

/** Days as DICOM writes them (20040826). */
function timeOf(date: string | null): number | null {
  const found = /^(\d{4})(\d{2})(\d{2})$/.exec(date ?? "");
  return found ? Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3])) : null;
}
