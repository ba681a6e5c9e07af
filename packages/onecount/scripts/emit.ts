import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import ts from 'typescript'

export interface EmitOptions {
  /** Modules to emit, with everything that they import. */
  entries: string[]
  /** The folder whose layout the output has. */
  rootDir: string
  outDir: string
}

/**
 * Emits ES modules and their declarations, one of each per source file, so that a `'use client'` directive stays with
 * its module. Sources import each other without extensions, as bundlers allow; Node does not, so they are added here.
 *
 * @throws Error with the compiler's diagnostics
 */
export function emit(tsconfig: string, { entries, rootDir, outDir }: EmitOptions): void {
  const { config, error } = ts.readConfigFile(tsconfig, ts.sys.readFile)
  if (error) throw new Error(format([error]))
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, dirname(tsconfig))
  const compile = (only: ts.CompilerOptions) => {
    const program = ts.createProgram(entries, {
      ...options,
      noEmit: false,
      incremental: false,
      // `npm run typecheck` has the whole repository checked; here it would take most of the time.
      noCheck: true,
      rootDir,
      outDir,
      // What is emitted must not depend on the repository around the package.
      paths: {},
      ...only,
    })
    const transformer = addExtensions()
    const { diagnostics } = program.emit(undefined, undefined, undefined, false, {
      after: [transformer as ts.TransformerFactory<ts.SourceFile>],
      afterDeclarations: [transformer],
    })
    const problems = [...program.getSyntacticDiagnostics(), ...program.getGlobalDiagnostics(), ...diagnostics]
    if (problems.length > 0) throw new Error(format(problems))
  }
  // Docstrings are published once, with the declarations, where editors read them.
  compile({ declaration: true, emitDeclarationOnly: true })
  compile({ declaration: false, removeComments: true })
}

const format = (diagnostics: readonly ts.Diagnostic[]) =>
  ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: name => name,
    getCurrentDirectory: () => process.cwd(),
    getNewLine: () => '\n',
  })

/** Completes the specifier of every relative import, export, `import()` and import type. */
function addExtensions(): ts.TransformerFactory<ts.SourceFile | ts.Bundle> {
  return context => file => {
    if (!ts.isSourceFile(file)) return file
    const folder = dirname(ts.getOriginalNode(file).getSourceFile().fileName)
    const { factory } = context
    const visit = (node: ts.Node): ts.Node => {
      const specifier = specifierOf(node)
      const complete = specifier && completeSpecifier(folder, specifier.text)
      if (!complete) return ts.visitEachChild(node, visit, context)
      return replaceChild(node, specifier, factory.createStringLiteral(complete, true), context)
    }
    return ts.visitEachChild(file, visit, context)
  }
}

function specifierOf(node: ts.Node): ts.StringLiteral | undefined {
  const specifier =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
        ? node.arguments[0]
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : undefined
  return specifier && ts.isStringLiteral(specifier) ? specifier : undefined
}

/** A peer is another module in plain Node than in a bundle, as `imports` of package.json says. */
const PEER = /^(?:\.\.\/)+peers\/([^/]+)$/

/** @returns undefined for the name of a package */
function completeSpecifier(folder: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const peer = PEER.exec(specifier)?.[1]
  if (peer) return `#peers/${peer}`
  const target = resolve(folder, specifier)
  return existsSync(`${target}.ts`) || existsSync(`${target}.tsx`)
    ? `${specifier}.js`
    : `${specifier.replace(/\/$/, '')}/index.js`
}

function replaceChild(
  node: ts.Node,
  child: ts.Node,
  by: ts.Node,
  context: ts.TransformationContext,
): ts.Node {
  const visit = (inner: ts.Node): ts.Node => (inner === child ? by : ts.visitEachChild(inner, visit, context))
  return ts.visitEachChild(node, visit, context)
}
