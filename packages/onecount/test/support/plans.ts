import type { Sql } from 'postgres'
import { connect } from './databases'

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Shared Hit Blocks': number
  'Shared Read Blocks': number
  Plans?: PlanNode[]
}

/** What one call did inside Postgres, down to the statements of functions, triggers and foreign keys. */
export interface Work {
  /** Tables that were read from their first page to their last. */
  scanned: string[]
  /** The kinds of nodes that were run, with the table of those that read one. */
  nodes: string[]
  /** Pages of tables and indexes that were looked at. */
  buffers: number
  plans: string[]
}

/** One connection whose every plan is told by `auto_explain`, as superuser. */
export async function explainedConnection(url: string): Promise<{
  sql: Sql
  /** Runs it and answers what it did. */
  explain(run: () => Promise<unknown>): Promise<Work>
}> {
  const texts: string[] = []
  const sql = connect(url, { max: 1, onnotice: ({ message }) => texts.push(message ?? '') })
  await sql.unsafe(`
    load 'auto_explain';
    set auto_explain.log_min_duration = 0;
    set auto_explain.log_nested_statements = on;
    set auto_explain.log_analyze = on;
    set auto_explain.log_buffers = on;
    set auto_explain.log_timing = off;
    set auto_explain.log_format = json;
    set auto_explain.log_level = notice;`)
  return {
    sql,
    async explain(run) {
      texts.length = 0
      await run()
      const plans = texts.flatMap(text => /plan:\n(\{[\s\S]*\})$/.exec(text)?.[1] ?? [])
      const roots = plans.map(plan => JSON.parse(plan).Plan as PlanNode)
      const nodes = roots.flatMap(nodesOf)
      return {
        nodes: nodes.map(node => [node['Node Type'], node['Relation Name'] ?? []].flat().join(' ')),
        scanned: nodes.flatMap(node => {
          const table = node['Relation Name']
          return node['Node Type'] === 'Seq Scan' && table ? [table] : []
        }),
        // A statement's figure holds those of the statements in it: the call as a whole is the greatest.
        buffers: Math.max(0, ...roots.map(root => root['Shared Hit Blocks'] + root['Shared Read Blocks'])),
        plans,
      }
    },
  }
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)]
