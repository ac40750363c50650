/** Two faders in a square: the mark of the product. */
export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" aria-hidden focusable="false">
      <rect width="20" height="20" rx="5" fill="var(--fg)" />
      <g stroke="var(--surface)" strokeWidth="1.4" strokeLinecap="round">
        <path d="M4.5 7.2h11" opacity=".6" />
        <path d="M4.5 12.8h11" opacity=".6" />
      </g>
      <circle cx="12.4" cy="7.2" r="2.3" fill="var(--surface)" />
      <circle cx="7.6" cy="12.8" r="2.3" fill="var(--surface)" />
    </svg>
  );
}
