/** What a heart of either side is given. */
export interface HeartProps {
  look: 'large' | 'card' | 'over'
  /** Told the number that stands there, and each that comes. */
  onShown(count: number | null): void
}
