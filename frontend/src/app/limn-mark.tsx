/** The sign of Limn: an outline being drawn. */
export function LimnMark({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <g stroke="var(--limn-accent)" strokeWidth="2.6" strokeLinecap="round">
        <path d="M9 6v14a6 6 0 0 0 6 6h8" />
        <circle cx="21" cy="12" r="5" strokeDasharray="24 8" />
      </g>
    </svg>
  );
}
