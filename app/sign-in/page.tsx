import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import { authAccess } from '@/app/utils/sign-in/access'
import { cookieOf } from '@/app/utils/sign-in/cookies'
import { HOME, nextPath, pageBefore } from '@/app/utils/sign-in/next-path'
import { personOf } from '@/app/utils/sign-in/person'
import { SignInForm } from './SignInForm'
import { parseProblem } from './words'

interface Props {
  searchParams: Promise<{ next?: string; new?: string; problem?: string }>
}

export const metadata: Metadata = { title: 'Sign in', robots: { index: false, follow: false } }

/** The first HTML carries the form, for readers without JavaScript too: nothing streams in later. */
export const instant = false

export default async function SignInPage({ searchParams }: Props) {
  const head = { headers: await headers() }
  if (!authAccess()) notFound()
  // A sign-in that Auth does not know, or cannot be asked about, is no reason to refuse another one.
  if (await personOf(head).catch(() => null)) redirect(HOME)
  const { next, new: isNew, problem } = await searchParams
  return (
    <SignInForm
      isNew={isNew !== undefined}
      next={next === undefined ? pageBefore(head.headers) : nextPath(next)}
      problem={parseProblem(problem)}
      typed={problem === undefined ? '' : (cookieOf(head, 'huella-typed') ?? '')}
    />
  )
}
