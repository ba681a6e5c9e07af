/** Why a drain made no progress. `failed`: by an error of the engine's own. */
export type PauseCause = 'unreachable' | 'refused' | 'foreign' | 'failed'

/** A process that has not tried for this long does not know any more, milliseconds. */
const KNOWN_MS = 60_000

/** What became of this process' last attempt to drain. */
export function createPause(elapsed: () => number) {
  let cause: PauseCause | null = null
  let at = 0

  return {
    begin(why: PauseCause): void {
      cause = why
      at = elapsed()
    },
    end(): void {
      cause = null
    },
    /** Null: it went well, or is too long ago. */
    cause: (): PauseCause | null => (elapsed() - at < KNOWN_MS ? cause : null),
  }
}

export type Pause = ReturnType<typeof createPause>
