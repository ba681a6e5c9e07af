import { StatePanel } from './StatePanel'

/** The server could not make this view: says so, and tries again when asked to. */
export function ErrorPanel({ retry }: { retry: () => void }) {
  return (
    <StatePanel kind="error" title="Fog on the trail">
      <p>This could not be loaded right now. Your likes are safe: they do not depend on this page.</p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </StatePanel>
  )
}
