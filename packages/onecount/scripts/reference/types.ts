import ts from 'typescript'

const printer = ts.createPrinter({ removeComments: true })

/** A part of a declaration in one line, without comments. */
export function inOneLine(node: ts.Node): string {
  return printer
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    .replace(/\s+/g, ' ')
    .replace(/;(?= \})/g, '')
    .replace(/^\| /, '')
    .replace(/([([<]) \| /g, '$1')
}

/** A part of a declaration as the compiler prints it, without comments. */
export const inLines = (node: ts.Node): string =>
  printer
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    .replace(/^ +/gm, indent => ' '.repeat(indent.length / 2))
    .replace(/;$/gm, '')

/** As it is written, without the indentation of its place. */
export function asWritten(node: ts.Node): string {
  const lines = node.getText().split('\n')
  const indents = lines.slice(1).flatMap(line => (line.trim() ? /^ */.exec(line)![0].length : []))
  const indent = Math.min(...indents, Number.POSITIVE_INFINITY)
  return lines.map((line, index) => (index === 0 ? line : line.slice(indent))).join('\n')
}

export type Property =
  | ts.PropertySignature
  | ts.PropertyDeclaration
  | ts.PropertyAssignment
  | ts.ShorthandPropertyAssignment
  | ts.GetAccessorDeclaration
  | ts.ParameterDeclaration
export type Method = ts.MethodSignature | ts.MethodDeclaration

export interface Members {
  properties: Property[]
  methods: Method[]
  /** Types that add theirs, as they are written. */
  inherits: string[]
}

/** Whether a name has an entry of its own in the reference. */
export type IsPublic = (symbol: ts.Symbol) => boolean

/** The members of a type, with those of types that have no entry of their own. */
export function membersOf(checker: ts.TypeChecker, isPublic: IsPublic, node: ts.Declaration): Members {
  const members: Members = { properties: [], methods: [], inherits: [] }
  const names = new Set<string>()

  function add(member: ts.Node): void {
    const name = (member as ts.NamedDeclaration).name?.getText()
    if (!name || names.has(name) || isNothing(member)) return
    names.add(name)
    if (ts.isMethodSignature(member) || ts.isMethodDeclaration(member)) members.methods.push(member)
    else members.properties.push(member as Property)
  }

  function reference(name: ts.EntityName | ts.Expression, whole: ts.Node): void {
    const symbol = checker.getSymbolAtLocation(name)
    const meant = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    const declaration = meant?.declarations?.find(
      at => ts.isInterfaceDeclaration(at) || ts.isTypeAliasDeclaration(at),
    )
    if (meant && isOurs(declaration) && !isPublic(meant)) visit(declaration)
    else members.inherits.push(inOneLine(whole))
  }

  function visit(at: ts.Node): void {
    if (ts.isInterfaceDeclaration(at)) {
      for (const member of at.members) add(member)
      for (const { types } of at.heritageClauses ?? [])
        for (const type of types) reference(type.expression, type)
    } else if (ts.isTypeAliasDeclaration(at)) visit(at.type)
    else if (ts.isTypeLiteralNode(at)) for (const member of at.members) add(member)
    else if (ts.isIntersectionTypeNode(at) || ts.isUnionTypeNode(at)) at.types.forEach(visit)
    else if (ts.isParenthesizedTypeNode(at)) visit(at.type)
    else if (ts.isTypeReferenceNode(at)) {
      if (isInferred(at)) addInferred(at)
      else reference(at.typeName, at)
    }
  }

  /** What a function makes, member by member. */
  function addInferred(at: ts.TypeReferenceNode): void {
    for (const { declarations } of checker.getPropertiesOfType(checker.getTypeFromTypeNode(at)))
      for (const declaration of declarations?.slice(0, 1) ?? []) add(declaration)
  }

  visit(node)
  return members
}

const isOurs = (node: ts.Node | undefined): node is ts.Node =>
  node !== undefined && !node.getSourceFile().isDeclarationFile

/** `like?: undefined`: what must not be there beside others. */
const isNothing = (member: ts.Node): boolean =>
  ts.isPropertySignature(member) && member.type?.kind === ts.SyntaxKind.UndefinedKeyword

/** Whether it is a type with members, and no union of texts, function or the like. */
export function hasMembers(node: ts.Node): boolean {
  if (ts.isInterfaceDeclaration(node)) return true
  if (ts.isTypeAliasDeclaration(node) || ts.isParenthesizedTypeNode(node)) return hasMembers(node.type)
  if (ts.isTypeLiteralNode(node)) return node.members.length > 0
  if (ts.isIntersectionTypeNode(node)) return node.types.some(part => hasMembers(part) || isChoice(part))
  return isInferred(node)
}

/** One of several types with members. */
const isChoice = (node: ts.Node): boolean =>
  ts.isParenthesizedTypeNode(node)
    ? isChoice(node.type)
    : ts.isUnionTypeNode(node) && node.types.every(hasMembers)

/** Whether the members of a type do not say which of them go together. */
export const isMixed = (node: ts.Node): boolean =>
  ts.isTypeAliasDeclaration(node) && ts.isIntersectionTypeNode(node.type) && node.type.types.some(isChoice)

/** `ReturnType<typeof createKeys>` */
export const isInferred = (node: ts.Node): boolean =>
  ts.isTypeReferenceNode(node) && node.typeName.getText() === 'ReturnType'
