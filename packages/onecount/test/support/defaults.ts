import ts from 'typescript'
import { exportsOf } from '../../scripts/reference/sources'

/** An option that callers may leave out. */
export interface Option {
  /** `MetricsOptions.sample`. */
  name: string
  file: string
  /** Its tag `@default`, as {@link Option.used} has values. */
  documented: string | undefined
  /** The docstring of the function that it is written into; undefined for one of a type with a name. */
  prose: string | undefined
  /** What the code takes in its place, once for each place; a text of source where it is no plain value. */
  used: string[]
}

/** Options of everything that the modules export, with the values that the code takes in place of them. */
export function findOptions(program: ts.Program, files: string[]): Option[] {
  const checker = program.getTypeChecker()
  const options = new Map<ts.Declaration, Option>()
  const looked = new Set<ts.Type>()

  function addType(type: ts.Type): void {
    if (looked.has(type)) return
    looked.add(type)
    if (type.isUnionOrIntersection()) for (const part of type.types) addType(part)
    for (const property of checker.getPropertiesOfType(type)) addProperty(property)
  }

  function addProperty({ name, declarations }: ts.Symbol): void {
    const declaration = declarations?.find(ts.isPropertySignature)
    if (!declaration || options.has(declaration)) return
    if (program.isSourceFileDefaultLibrary(declaration.getSourceFile())) return
    if (declaration.questionToken)
      options.set(declaration, {
        ...ownerOf(declaration, name),
        file: declaration.getSourceFile().fileName,
        documented: tagOf(declaration),
        used: [],
      })
    if (declaration.type) addType(checker.getTypeFromTypeNode(declaration.type))
  }

  for (const symbol of files.flatMap(file => exportsOf(program, file))) {
    for (const declaration of symbol.declarations ?? []) {
      if (ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration))
        addType(checker.getDeclaredTypeOfSymbol(symbol))
      else
        for (const signature of checker.getTypeOfSymbol(symbol).getCallSignatures())
          for (const parameter of signature.parameters) addType(checker.getTypeOfSymbol(parameter))
    }
  }

  function note(of: ts.Type, name: string, value: ts.Expression): void {
    for (const declaration of checker.getPropertyOfType(of, name)?.declarations ?? [])
      options.get(declaration)?.used.push(asSource(checker, value))
  }

  /** The option that an expression is: `options.name`, or `name` of a pattern without a value in its place. */
  function optionsOf(node: ts.Expression): Option[] {
    const symbol = ts.isPropertyAccessExpression(node)
      ? checker.getSymbolAtLocation(node.name)
      : ts.isIdentifier(node)
        ? propertyOf(checker.getSymbolAtLocation(node)?.valueDeclaration)
        : undefined
    return (symbol?.declarations ?? []).flatMap(declaration => options.get(declaration) ?? [])
  }

  function propertyOf(declaration: ts.Declaration | undefined): ts.Symbol | undefined {
    if (!declaration || !ts.isBindingElement(declaration) || declaration.initializer) return undefined
    const name = declaration.propertyName ?? declaration.name
    return ts.isIdentifier(name)
      ? checker.getPropertyOfType(checker.getTypeAtLocation(declaration.parent), name.text)
      : undefined
  }

  function visit(node: ts.Node): void {
    // `{ timeoutMs = 5000 }: Options`
    if (ts.isBindingElement(node) && node.initializer && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name
      if (ts.isIdentifier(name)) note(checker.getTypeAtLocation(node.parent), name.text, node.initializer)
    }
    // `options.timeoutMs ?? 5000`
    if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken &&
      ts.isPropertyAccessExpression(node.left)
    )
      note(
        checker.getNonNullableType(checker.getTypeAtLocation(node.left.expression)),
        node.left.name.text,
        node.right,
      )
    // `options.anonymous === false`: with any other value, and without one, it is true
    if (ts.isBinaryExpression(node) && ts.isPropertyAccessExpression(node.left) && isSame(node)) {
      const compared = truthOf(node.right)
      const isBoolean = isBooleanType(checker.getNonNullableType(checker.getTypeAtLocation(node.left)))
      if (compared !== undefined && isBoolean)
        for (const option of optionsOf(node.left)) option.used.push(String(!compared))
    }
    // `createShared(options.name)`, where `function createShared(name = 'onecount')`
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const parameters = checker.getResolvedSignature(node)?.declaration?.parameters ?? []
      node.arguments?.forEach((argument, index) => {
        const parameter = parameters[index]
        if (!parameter || !ts.isParameter(parameter) || !parameter.initializer) return
        for (const option of optionsOf(argument)) option.used.push(asSource(checker, parameter.initializer))
      })
    }
    ts.forEachChild(node, visit)
  }
  for (const file of program.getSourceFiles()) if (!program.isSourceFileDefaultLibrary(file)) visit(file)
  return [...options.values()]
}

const isSame = ({ operatorToken: { kind } }: ts.BinaryExpression): boolean =>
  kind === ts.SyntaxKind.EqualsEqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsEqualsToken

const isBooleanType = (type: ts.Type): boolean =>
  type.isUnion() ? type.types.every(isBooleanType) : (type.flags & ts.TypeFlags.BooleanLike) !== 0

function truthOf({ kind }: ts.Expression): boolean | undefined {
  if (kind === ts.SyntaxKind.TrueKeyword) return true
  return kind === ts.SyntaxKind.FalseKeyword ? false : undefined
}

function ownerOf(node: ts.Node, name: string): Pick<Option, 'name' | 'prose'> {
  for (let at = node.parent; at; at = at.parent) {
    if ((ts.isInterfaceDeclaration(at) || ts.isTypeAliasDeclaration(at)) && at.name)
      return { name: `${at.name.text}.${name}`, prose: undefined }
    if (ts.isFunctionDeclaration(at) && at.name)
      return {
        name: `${at.name.text}.${name}`,
        prose: ts
          .getJSDocCommentsAndTags(at)
          .map(doc => doc.getText())
          .join('\n'),
      }
  }
  return { name, prose: undefined }
}

function tagOf(declaration: ts.Declaration): string | undefined {
  const tag = ts.getJSDocTags(declaration).find(({ tagName }) => tagName.text === 'default')
  const text = tag && (ts.getTextOfJSDocComment(tag.comment) ?? '').trim()
  return text?.replace(/(?<=\d)_(?=\d)/g, '')
}

/** Whether a value that was found is one, and no source that computes it. */
export const isPlain = (value: string): boolean => /^(-?[\d.]+|'.*'|true|false|null)$/s.test(value)

/** As source has it, with constants by their values: `5000`, `'like'`, `console`. */
function asSource(checker: ts.TypeChecker, expression: ts.Expression): string {
  const value = compute(checker, expression)
  return value === undefined ? expression.getText() : typeof value === 'string' ? `'${value}'` : String(value)
}

function compute(
  checker: ts.TypeChecker,
  expression: ts.Expression,
): string | number | boolean | null | undefined {
  const of = (inner: ts.Expression) => compute(checker, inner)
  if (ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression))
    return of(expression.expression)
  if (ts.isSatisfiesExpression(expression)) return of(expression.expression)
  if (ts.isNumericLiteral(expression)) return Number(expression.text)
  if (ts.isStringLiteralLike(expression)) return expression.text
  if (expression.kind === ts.SyntaxKind.TrueKeyword) return true
  if (expression.kind === ts.SyntaxKind.FalseKeyword) return false
  if (expression.kind === ts.SyntaxKind.NullKeyword) return null
  if (ts.isBinaryExpression(expression)) {
    const [left, right] = [of(expression.left), of(expression.right)]
    if (typeof left !== 'number' || typeof right !== 'number') return undefined
    if (expression.operatorToken.kind === ts.SyntaxKind.AsteriskToken) return left * right
    if (expression.operatorToken.kind === ts.SyntaxKind.PlusToken) return left + right
    return undefined
  }
  if (!ts.isIdentifier(expression) && !ts.isPropertyAccessExpression(expression)) return undefined
  const symbol = checker.getSymbolAtLocation(expression)
  const meant = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const declaration = meant?.valueDeclaration
  const isConstant =
    declaration &&
    ((ts.isVariableDeclaration(declaration) && ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) ||
      ts.isPropertyAssignment(declaration))
  if (!isConstant) return undefined
  const { initializer } = declaration as ts.VariableDeclaration
  return initializer ? of(initializer) : undefined
}
