import { MIN_PASSWORD_LENGTH, PROBLEMS, type Problem } from '@/app/utils/sign-in/authenticate'

interface Words {
  /** The field that it stands at; `form`: above both; `note`: nothing is wrong. */
  at: 'email' | 'password' | 'form' | 'note'
  text: string
}

/** What is in the way, and what to do about it. */
export const WORDS: Record<Problem, Words> = {
  email: { at: 'email', text: 'Write an e-mail address, as name@example.com.' },
  exists: { at: 'email', text: 'There is an account with this e-mail address already: sign in with it.' },
  short: { at: 'password', text: `Use ${MIN_PASSWORD_LENGTH} characters or more.` },
  weak: {
    at: 'password',
    text: 'This password is too easy to guess: make it longer, or mix letters, digits and signs.',
  },
  long: { at: 'password', text: 'This password is too long: use 72 characters at most.' },
  credentials: { at: 'password', text: 'The e-mail address or the password is wrong.' },
  unconfirmed: { at: 'form', text: 'Open the link in the e-mail that we have sent you first, then sign in.' },
  confirm: { at: 'note', text: 'We have sent you an e-mail. Open the link in it, then sign in here.' },
  closed: { at: 'form', text: 'No new accounts are made at the moment.' },
  wait: { at: 'form', text: 'These were too many attempts. Wait a few minutes, then try again.' },
  unavailable: {
    at: 'form',
    text: 'Signing in does not work right now. Nothing is lost: try again in a moment.',
  },
  insecure: {
    at: 'form',
    text: 'Your password would travel unprotected. Open this site by an address that begins with https.',
  },
}

export const parseProblem = (text: unknown): Problem | null =>
  PROBLEMS.find(problem => problem === text) ?? null
