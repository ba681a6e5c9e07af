import { createHttpTransport, type LikeInput, LikesProvider, useLikes } from 'onecount/react'
import { createRoot } from 'react-dom/client'

/** What the server says of the page: the post, its likes, where the API is, and who is signed in. */
declare const PAGE: { postId: string; seed?: LikeInput; api: string; person: string | null }

/** Afterwards the page is loaded anew, as an application with people of its own does. */
const then = (path: string) => async () => {
  await fetch(path, { method: 'POST' })
  location.reload()
}

function Post() {
  const { count, liked, status, error, toggle } = useLikes(PAGE.postId, { seed: PAGE.seed })
  return (
    <article data-status={status}>
      <output>{count ?? '–'}</output>
      <button type="button" aria-pressed={liked} onClick={toggle}>
        Like
      </button>
      {error && <p role="alert">{error.code === 'sign_in_required' ? 'Sign in to like.' : error.message}</p>}
    </article>
  )
}

createRoot(document.getElementById('root')!).render(
  <LikesProvider transport={createHttpTransport({ baseUrl: PAGE.api })}>
    <Post />
    <p data-person>{PAGE.person ?? 'signed out'}</p>
    <button type="button" onClick={then('/sign-in?as=ana')}>
      Sign in
    </button>
    <button type="button" onClick={then('/sign-in?as=ben')}>
      Be Ben
    </button>
    <button type="button" onClick={then('/sign-out')}>
      Sign out
    </button>
    <button type="button" onClick={then('/keep-likes')}>
      Keep my likes
    </button>
  </LikesProvider>,
)
