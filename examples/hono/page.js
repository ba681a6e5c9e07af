const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = text => text.replace(/[&<>"]/g, character => ENTITIES[character])

/** The page of the posts; `renderLike` has the HTML of a post's heart and number. */
export const renderPage = (posts, renderLike) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Posts</title>
  <script type="module" src="/one-count.js"></script>
</head>
<body>
  <h1>Posts</h1>
  ${posts.map(post => `<article><h2>${escapeHtml(post.caption)}</h2> ${renderLike(post)}</article>`).join('\n  ')}
</body>
</html>`
