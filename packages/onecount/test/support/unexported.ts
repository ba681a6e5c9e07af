import ts from 'typescript'

/** Types of the package that a declaration names and that no subpath exports, by name. */
export function unexportedIn(
  checker: ts.TypeChecker,
  symbol: ts.Symbol,
  isExported: (symbol: ts.Symbol) => boolean,
): string[] {
  const found = new Set<string>()

  function check(name: ts.Node): void {
    const named = checker.getSymbolAtLocation(name)
    const meant = named && named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named
    const [declaration] = meant?.declarations ?? []
    if (!meant || !declaration || isExported(meant) || ts.isTypeParameterDeclaration(declaration)) return
    if (declaration.getSourceFile().fileName.includes('/onecount/src/')) found.add(meant.name)
  }

  function visit(node: ts.Node): void {
    if (isHidden(node)) return
    if (ts.isTypeReferenceNode(node)) check(node.typeName)
    if (ts.isExpressionWithTypeArguments(node)) check(node.expression)
    ts.forEachChild(node, visit)
  }

  for (const declaration of symbol.declarations ?? [])
    if (ts.isFunctionLike(declaration)) declaration.forEachChild(visit)
    else if (ts.isVariableDeclaration(declaration)) {
      const { type, initializer } = declaration
      if (type) visit(type)
      else if (initializer && ts.isArrowFunction(initializer)) initializer.forEachChild(visit)
    } else visit(declaration)
  return [...found]
}

/** Code, and what callers are not to use. */
const isHidden = (node: ts.Node): boolean =>
  ts.isBlock(node) ||
  ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal') ||
  (ts.canHaveModifiers(node) &&
    (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) ?? false)) ||
  (ts.isPropertyDeclaration(node) && ts.isPrivateIdentifier(node.name)) ||
  (ts.isMethodDeclaration(node) && ts.isPrivateIdentifier(node.name)) ||
  // Of a value the type is what counts, and that is inferred.
  (ts.isPropertyDeclaration(node.parent) && node === node.parent.initializer)
