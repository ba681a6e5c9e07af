/** A footprint whose pad is a heart. */
export function Brand() {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <g fill="currentColor">
        <ellipse cx="5.6" cy="14.4" rx="2.7" ry="3.4" transform="rotate(-24 5.6 14.4)" />
        <ellipse cx="12" cy="8" rx="2.9" ry="3.8" transform="rotate(-8 12 8)" />
        <ellipse cx="20" cy="8" rx="2.9" ry="3.8" transform="rotate(8 20 8)" />
        <ellipse cx="26.4" cy="14.4" rx="2.7" ry="3.4" transform="rotate(24 26.4 14.4)" />
      </g>
      <path
        fill="var(--coral)"
        d="M16 28.5c-.4 0-.8-.2-1.1-.4-4.3-3.4-6.9-6-6.9-9.3 0-2.5 1.9-4.3 4.2-4.3 1.5 0 2.9.7 3.8 2 .9-1.3 2.3-2 3.8-2 2.3 0 4.2 1.8 4.2 4.3 0 3.3-2.6 5.9-6.9 9.3-.3.2-.7.4-1.1.4Z"
      />
    </svg>
  )
}
