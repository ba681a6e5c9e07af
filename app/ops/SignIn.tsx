import { Field } from '@/app/components/Field'
import { StatePanel } from '@/app/components/StatePanel'
import styles from './SignIn.module.css'

/** Asks for the secret of operators. The form is sent by POST: the secret is in no address. */
export const SignIn = ({ isRefused }: { isRefused: boolean }) => (
  <StatePanel kind="missing" title="For operators" heading="h1">
    <p>How the stores and the drain are doing. It opens with the secret of this server.</p>
    <form method="post" action="/api/ops" className={styles.form} id="pictures" tabIndex={-1}>
      <Field
        name="secret"
        label="ONECOUNT_OPS_SECRET"
        type="password"
        autoComplete="current-password"
        problem={isRefused ? 'That is not the secret.' : undefined}
      />
      <button type="submit">Open</button>
    </form>
  </StatePanel>
)
