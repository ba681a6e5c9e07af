/** A heart in a square of 24. */
export const HEART =
  'M12 21s-7.5-4.9-9.7-9.2C.6 8.3 2.3 4 6.3 4c2.4 0 4.3 1.3 5.7 3.3C13.4 5.3 15.3 4 17.7 4c4 0 5.7 4.3 4 7.8C19.5 16.1 12 21 12 21z'

/** Of the shadow root: `::part()` and custom properties of the page come before it. */
export const STYLE = `:host{display:inline-block}
:host([hidden]),[hidden]{display:none}
button{display:inline-flex;align-items:center;gap:var(--one-count-gap,.35em);min-width:24px;min-height:24px;margin:0;padding:var(--one-count-padding,.25em);border:0;border-radius:var(--one-count-radius,.5em);background:none;color:var(--one-count-color,inherit);font:inherit;font-variant-numeric:tabular-nums;line-height:1;cursor:pointer}
button:focus-visible{outline:2px solid var(--one-count-focus,currentColor);outline-offset:1px}
svg{width:var(--one-count-size,1.25em);height:var(--one-count-size,1.25em);fill:none;stroke:currentColor;stroke-width:2}
[aria-pressed=true] svg{fill:currentColor;color:var(--one-count-liked-color,#e0245e)}
@media (prefers-reduced-motion:no-preference){button:active svg{transform:scale(.88)}svg{transition:transform .12s}}`

/** An unknown number is a dash, never 0. */
export const formatCount = (count: number | null): string => (count === null ? '–' : String(count))
