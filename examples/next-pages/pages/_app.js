import { LikesProvider } from 'onecount/react'

export default function App({ Component, pageProps }) {
  return (
    <LikesProvider>
      <Component {...pageProps} />
    </LikesProvider>
  )
}
