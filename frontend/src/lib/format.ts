const locale = typeof navigator === "undefined" ? "en" : navigator.language;

const wholeNumber = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const shortDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const moment = new Intl.DateTimeFormat(locale, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });

export function formatCount(value: number): string {
  return wholeNumber.format(value);
}

export function formatNumber(value: number, digits: number): string {
  return value.toLocaleString(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** A Dice value as experts read it: two digits, or a dash when there is none. */
export function formatDice(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : formatNumber(value, 2);
}

export function formatDay(iso: string | null | undefined): string {
  return withDate(iso, (date) => day.format(date));
}

export function formatShortDay(iso: string | null | undefined): string {
  return withDate(iso, (date) => shortDay.format(date));
}

export function formatMoment(iso: string | null | undefined): string {
  return withDate(iso, (date) => moment.format(date));
}

/** "3 min. ago", and a plain date once that is longer than a week ago. */
export function formatAgo(iso: string | null | undefined, now: number = Date.now()): string {
  return withDate(iso, (date) => {
    const seconds = Math.round((date.getTime() - now) / 1000);
    const size = Math.abs(seconds);
    if (size < 45) return relative.format(0, "second");
    if (size < 3_600) return relative.format(Math.round(seconds / 60), "minute");
    if (size < 86_400) return relative.format(Math.round(seconds / 3_600), "hour");
    if (size < 7 * 86_400) return relative.format(Math.round(seconds / 86_400), "day");
    return day.format(date);
  });
}

/** Seconds as "48 s", "3 min 20 s" or "1 h 5 min". */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return join(Math.floor(whole / 60), "min", whole % 60, "s");
  return join(Math.floor(whole / 3_600), "h", Math.floor((whole % 3_600) / 60), "min");
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Bytes in decimal units, as file managers and storage bills count them. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${formatNumber(value, unit === 0 || value >= 100 ? 0 : 1)} ${units[unit] ?? "TB"}`;
}

/** "1 series", "3 series": the word in the number it needs. */
export function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Takes ISO dates and times, and days as DICOM writes them (20040826). */
function withDate(iso: string | null | undefined, write: (date: Date) => string): string {
  if (!iso) return "–";
  const plain = iso.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(plain);
  const date = new Date(isDay ? `${plain}T12:00:00` : plain);
  return Number.isNaN(date.getTime()) ? iso : write(date);
}
