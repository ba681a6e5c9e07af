/** Answers of a server, as docs/http-api.md has them. */
const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const STATE = {
  count: 447,
  liked: true,
  rev: 1795466338345000,
  op: 3590932676680001,
  durable: true,
  source: 'redis',
}

export const PAGE = { likes: { [POST]: STATE } }
export const OWN_LIKES = { likes: [{ postId: POST, ...STATE }], next: null }
export const PRESSED = { postId: POST, ...STATE, durable: false }
export const HEALTH = {
  status: 'ok',
  redis: 'up',
  postgres: 'up',
  pending: 1,
  oldestPendingMs: 67,
  unseen: 0,
  refused: 0,
  paused: null,
  lastDrainAt: null,
  lookedAt: '2026-11-25T12:00:00.000Z',
}
export const DRAINED = { drained: 1, more: false }
export const METRICS = '# EOF\n'
