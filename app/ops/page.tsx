import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { connection } from 'next/server'
import { PageHead } from '@/app/components/PageHead'
import { StatePanel } from '@/app/components/StatePanel'
import { accessOf } from './access'
import { OpsBoard } from './OpsBoard'
import styles from './page.module.css'
import { readReport } from './report'
import { SignIn } from './SignIn'

/** The first HTML is a picture of this moment. Where there is no such page the proxy answers; Next's router asks here. */
export const instant = false

export const metadata: Metadata = { title: 'Operations', robots: { index: false, follow: false } }

interface Props {
  searchParams: Promise<{ refused?: string }>
}

export default async function OpsPage({ searchParams }: Props) {
  await connection()
  const access = accessOf({ headers: await headers() })
  if (access === 'absent') notFound()
  if (access === 'refused') return <SignIn isRefused={(await searchParams).refused !== undefined} />
  const report = await readReport()
  if (!report) return <NotCounted />
  return (
    <div className={styles.ops}>
      <PageHead title="Operations">
        Likes on their way from people to Redis and on to Postgres, and what to do when they get stuck.
      </PageHead>
      <OpsBoard first={report} />
      <Leave />
    </div>
  )
}

/** Nothing to leave where no secret was asked for. */
const Leave = () =>
  process.env.ONECOUNT_OPS_SECRET ? (
    <form method="post" action="/api/ops" className={styles.leave}>
      <button type="submit" name="leave" value="1">
        Close this page for this browser
      </button>
    </form>
  ) : null

const NotCounted = () => (
  <StatePanel kind="error" title="Nothing is counted here" heading="h1">
    <p>A setting is wrong, and the log of this server says which.</p>
  </StatePanel>
)
