import { TracksDrawing } from '@/app/components/drawings'
import { Field } from '@/app/components/Field'
import { MIN_PASSWORD_LENGTH, type Problem } from '@/app/utils/sign-in/authenticate'
import { HOME } from '@/app/utils/sign-in/next-path'
import styles from './SignInForm.module.css'
import { WORDS } from './words'

interface SignInFormProps {
  /** Whether it asks for a new account. */
  isNew: boolean
  /** The page to go on to. */
  next: string
  problem: Problem | null
  /** The e-mail address of the attempt before. */
  typed: string
}

/** A form that a browser sends by itself: no script of the page sees the password. */
export function SignInForm({ isNew, next, problem, typed }: SignInFormProps) {
  const words = problem && WORDS[problem]
  const saysAt = (at: string) => (words?.at === at ? words.text : undefined)
  const [title, action] = isNew ? ['Create an account', 'Create account'] : ['Sign in', 'Sign in']
  return (
    <section className={styles.page}>
      <TracksDrawing className={styles.drawing} />
      <h1 className={styles.title}>{title}</h1>
      <p className={styles.lead}>Your likes, in every browser that you use.</p>
      <form method="post" action="/api/sign-in" className={styles.form} id="pictures" tabIndex={-1}>
        <input type="hidden" name="next" value={next} />
        {isNew && <input type="hidden" name="new" value="1" />}
        {words?.at === 'form' && (
          <p role="alert" className={styles.problem}>
            {words.text}
          </p>
        )}
        {words?.at === 'note' && (
          <p role="status" className={styles.note}>
            {words.text}
          </p>
        )}
        <Field
          name="email"
          type="email"
          label="E-mail address"
          autoComplete="username"
          maxLength={254}
          defaultValue={typed}
          problem={saysAt('email')}
        />
        <Field
          name="password"
          type="password"
          label="Password"
          autoComplete={isNew ? 'new-password' : 'current-password'}
          minLength={isNew ? MIN_PASSWORD_LENGTH : undefined}
          hint={isNew ? `${MIN_PASSWORD_LENGTH} characters or more.` : undefined}
          problem={saysAt('password')}
        />
        <button type="submit" className={styles.send}>
          {action}
        </button>
      </form>
      <p className={styles.other}>
        <span>{isNew ? 'You have an account?' : 'New here?'}</span>
        <a href={otherForm(isNew, next)}>{isNew ? 'Sign in' : 'Create an account'}</a>
      </p>
    </section>
  )
}

function otherForm(isNew: boolean, next: string): string {
  const query = new URLSearchParams({ ...(!isNew && { new: '1' }), ...(next !== HOME && { next }) })
  return query.size > 0 ? `/sign-in?${query}` : '/sign-in'
}
