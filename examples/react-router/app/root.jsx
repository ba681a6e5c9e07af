import { LikesProvider } from 'onecount/react'
import { Links, Meta, Outlet, Scripts } from 'react-router'

export default function Root() {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Posts</title>
        <Meta />
        <Links />
      </head>
      <body>
        <h1>Posts</h1>
        <LikesProvider>
          <Outlet />
        </LikesProvider>
        <Scripts />
      </body>
    </html>
  )
}
