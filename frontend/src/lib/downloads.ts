export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** Save the figures behind a chart. */
export function downloadTable(table: Table, name: string): void {
  const lines = [table.columns, ...table.rows].map((row) => row.map(cell).join(","));
  save(new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" }), `${name}.csv`);
}

/** Save a drawn chart as it looks now, its colours written into it. */
export function downloadChart(container: HTMLElement, name: string): void {
  const drawn = largest(container.querySelectorAll("svg"));
  if (!drawn) return;
  const copy = drawn.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const style = getComputedStyle(document.documentElement);
  const text = new XMLSerializer()
    .serializeToString(copy)
    .replace(/var\((--[\w-]+)\)/g, (_, variable: string) =>
      style.getPropertyValue(variable).trim(),
    );
  save(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
}

/** The chart itself, not the icons of the controls around it. */
function largest(drawings: Iterable<SVGSVGElement>): SVGSVGElement | null {
  const area = ({ clientWidth, clientHeight }: SVGSVGElement) => clientWidth * clientHeight;
  return [...drawings].sort((one, other) => area(other) - area(one))[0] ?? null;
}

/** Quotes what needs it, and disarms what a spreadsheet would run as a formula. */
function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
