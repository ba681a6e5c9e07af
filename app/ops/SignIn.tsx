import { StatePanel } from '@/app/components/StatePanel'
import styles from './SignIn.module.css'

/** Asks for the secret of operators. The form is sent by POST: the secret is in no address. */
export const SignIn = ({ isRefused }: { isRefused: boolean }) => (
  <StatePanel kind="missing" title="For operators" heading="h1">
    <p>How the stores and the drain are doing. It opens with the secret of this server.</p>
    <form method="post" action="/api/ops" className={styles.form} id="pictures" tabIndex={-1}>
      <label htmlFor="secret">ONECOUNT_OPS_SECRET</label>
      <input
        id="secret"
        name="secret"
        type="password"
        required
        autoComplete="current-password"
        spellCheck={false}
        aria-invalid={isRefused || undefined}
        aria-describedby={isRefused ? 'refused' : undefined}
      />
      {isRefused && (
        <p id="refused" role="alert" className={styles.refused}>
          That is not the secret.
        </p>
      )}
      <button type="submit">Open</button>
    </form>
  </StatePanel>
)
