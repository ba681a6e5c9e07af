import type { Ack } from './ack'

/** How `toggle` presses. */
export interface ToggleOptions {
  /**
   * What the press waits for.
   * @default `ack` of the engine
   */
  ack?: Ack
}

/** How `set` presses. */
export interface SetOptions extends ToggleOptions {
  /**
   * The op of the press, of {@link nextOp}: the same with every repeat.
   * @default the store assigns the next one
   */
  op?: number
}

/** Which part of what a session likes is read. */
export interface LikedByOptions {
  /**
   * The last post of the page before: its `next`.
   * @default `null`, the first page
   */
  after?: string | null
  /**
   * Posts a page, 250 at most.
   * @default 50
   */
  limit?: number
}
