import { BATCH_RULES } from './batch-rules'
import { CLOCK_RULES } from './clock-rules'
import { CUT_RULES } from './cut-rules'
import { LOSS_RULES } from './loss-rules'
import { REFUSAL_RULES } from './refusal-rules'
import type { Rule } from './rule'
import { SESSION_RULES } from './session-rules'

/** Every rule on which convergence rests. The simulation must notice when one of them is missing. */
export const RULES: Rule[] = [
  ...BATCH_RULES,
  ...CUT_RULES,
  ...SESSION_RULES,
  ...LOSS_RULES,
  ...CLOCK_RULES,
  ...REFUSAL_RULES,
]
