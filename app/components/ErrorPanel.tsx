import { StatePanel } from './StatePanel'

/** The server could not make this view: says so, and tries again when asked to. `isPage`: nothing else is on the page. */
export function ErrorPanel({ retry, isPage = false }: { retry: () => void; isPage?: boolean }) {
  return (
    <StatePanel kind="error" title="Fog on the trail" heading={isPage ? 'h1' : 'h2'}>
      <p>This could not be loaded right now. Your likes are safe: they do not depend on this page.</p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </StatePanel>
  )
}
