import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { entries, exportsOf, parseSources } from './support/public-sources'

/** A function or a class, and not the value that a call answers. */
function isCalled(declaration: ts.Declaration): boolean {
  const value = ts.isVariableDeclaration(declaration) ? declaration.initializer : declaration
  return (
    value !== undefined &&
    [ts.isFunctionDeclaration, ts.isArrowFunction, ts.isClassDeclaration].some(is => is(value))
  )
}

const all = entries()
const program = parseSources(all.map(([, file]) => file))
const checker = program.getTypeChecker()

describe('every export of the package is explained', () => {
  it.each(all)('%s: every name has a docstring, and every function an example', (_, file) => {
    const lacking = exportsOf(program, file).flatMap(meant => {
      const { name } = meant
      const [declaration] = meant.declarations ?? []
      if (!declaration) return []
      const tags = meant.getJsDocTags(checker).map(tag => tag.name)
      return [
        ...(meant.getDocumentationComment(checker).length > 0 ? [] : [`${name}: no docstring`]),
        ...(isCalled(declaration) && !tags.includes('example') ? [`${name}: no @example`] : []),
      ]
    })
    expect(lacking).toEqual([])
  })
})
