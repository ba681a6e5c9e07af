import { formatDate, formatSince } from './format'

/** When something was posted, as people say it; the date when pointed at. */
export function Since({ iso, className }: { iso: string; className?: string }) {
  // The server and the browser render it at two moments: that of the server stays.
  return (
    <time
      dateTime={new Date(iso).toISOString()}
      title={formatDate(iso)}
      className={className}
      suppressHydrationWarning
    >
      {formatSince(iso, Date.now())}
    </time>
  )
}
