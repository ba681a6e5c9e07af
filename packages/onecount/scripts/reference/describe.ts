import ts from 'typescript'
import { readDoc } from './docstring'
import type { Callable, Entry, Field } from './model'
import {
  asWritten,
  hasMembers,
  type IsPublic,
  inLines,
  inOneLine,
  isMixed,
  type Method,
  membersOf,
  type Property,
} from './types'

/** A line of code that is longer has a line for each parameter. */
const WIDTH = 100
/** A constant with more lines is told by its type. */
const CONSTANT_LINES = 24

/** Whether people who use a class see a member of it. */
const isShown = (member: ts.ClassElement): boolean =>
  !(member.name && (ts.isComputedPropertyName(member.name) || ts.isPrivateIdentifier(member.name))) &&
  !(ts.canHaveModifiers(member) && ts.getModifiers(member)?.some(({ kind }) => HIDDEN.includes(kind)))

/** The entries of a constant whose values say what they mean, as those of a registry of errors. */
function registryOf({ initializer }: ts.VariableDeclaration): Field[] | null {
  const object = initializer && ts.isAsExpression(initializer) ? initializer.expression : initializer
  if (!object || !ts.isObjectLiteralExpression(object)) return null
  const entries = object.properties.flatMap(property => {
    if (!ts.isPropertyAssignment(property) || !ts.isObjectLiteralExpression(property.initializer)) return []
    const values = property.initializer.properties.filter(ts.isPropertyAssignment)
    const message = values.find(({ name }) => name.getText() === 'message')?.initializer
    if (!message || !ts.isStringLiteralLike(message)) return []
    const others = values.filter(({ initializer }) => initializer !== message).map(inOneLine)
    const doc = { ...readDoc(property), text: message.text }
    return { name: property.name.getText(), isOptional: false, type: others.join(', '), doc }
  })
  return entries.length === object.properties.length ? entries : null
}

type Signature = ts.FunctionDeclaration | ts.ArrowFunction | Method | ts.ConstructorDeclaration

/** What is private, and what every error has. */
const HIDDEN: ts.SyntaxKind[] = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.OverrideKeyword]

/** The public name of what a function answers, where the source leaves it to the compiler. */
export type NameOfReturn = (signature: ts.Node) => string | undefined

/** Makes entries of what modules export. */
export function createDescriber(checker: ts.TypeChecker, isPublic: IsPublic, nameOf: NameOfReturn) {
  const typeOf = (node: ts.Node): string =>
    checker.typeToString(
      checker.getTypeAtLocation(node),
      node,
      ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope,
    )

  function paramsOf(signature: Signature): Field[] {
    const doc = readDoc(signature)
    return signature.parameters.map(parameter => {
      const type = parameter.type ? inOneLine(parameter.type) : typeOf(parameter)
      const pattern = type.endsWith('Props') ? 'props' : 'options'
      const name = ts.isIdentifier(parameter.name) ? parameter.name.text : pattern
      return {
        name: parameter.dotDotDotToken ? `...${name}` : name,
        isOptional: Boolean(parameter.questionToken ?? parameter.initializer),
        type,
        doc: { ...readDoc(parameter), text: doc.params.get(name) ?? '' },
      }
    })
  }

  function returnOf(signature: Signature): string {
    if (signature.type) return inOneLine(signature.type)
    const name = nameOf(signature)
    if (name) return name
    const found = checker.getSignatureFromDeclaration(signature)
    return found ? checker.typeToString(checker.getReturnTypeOfSignature(found)) : 'void'
  }

  function callable(name: string, signature: Signature, prefix = ''): Callable {
    const params = paramsOf(signature)
    const types = signature.typeParameters?.map(inOneLine).join(', ')
    const list = params.map(({ name, isOptional, type }) => `${name}${isOptional ? '?' : ''}: ${type}`)
    const optional = 'questionToken' in signature && signature.questionToken ? '?' : ''
    const head = `${prefix}${name}${optional}${types ? `<${types}>` : ''}`
    const tail = ts.isConstructorDeclaration(signature) ? '' : `: ${returnOf(signature)}`
    const inLine = `${head}(${list.join(', ')})${tail}`
    const code = inLine.length <= WIDTH ? inLine : `${head}(\n${list.map(p => `  ${p},\n`).join('')})${tail}`
    return { name, code, params, doc: readDoc(signature) }
  }

  /** As it is written where it is declared, or the variable that is its value. */
  function typeNodeOf(property: Property): ts.TypeNode | undefined {
    if (!ts.isShorthandPropertyAssignment(property)) return 'type' in property ? property.type : undefined
    const value = checker.getShorthandAssignmentValueSymbol(property)?.valueDeclaration
    return value && ts.isVariableDeclaration(value) ? value.type : undefined
  }

  function field(property: Property): Field {
    const isSignature = ts.isPropertySignature(property) || ts.isPropertyDeclaration(property)
    const type = typeNodeOf(property)
    return {
      name: property.name.getText(),
      isOptional: isSignature && property.questionToken !== undefined,
      type: type ? inOneLine(type) : typeOf(property),
      doc: readDoc(property),
    }
  }

  /** The function that the source has for a property. */
  function functionOf(property: Property): ts.ArrowFunction | ts.FunctionDeclaration | undefined {
    if (ts.isShorthandPropertyAssignment(property))
      return checker.getShorthandAssignmentValueSymbol(property)?.declarations?.find(ts.isFunctionDeclaration)
    const value = 'initializer' in property ? property.initializer : undefined
    return value && ts.isArrowFunction(value) ? value : undefined
  }

  /** Properties that are functions of the source are called like methods. */
  function split(properties: Property[], methods: Method[]): Pick<Entry, 'fields' | 'methods'> {
    const called = [...methods, ...properties].flatMap(member => {
      const signature =
        ts.isMethodSignature(member) || ts.isMethodDeclaration(member) ? member : functionOf(member)
      if (!signature) return []
      return { ...callable(member.name.getText(), signature), doc: readDoc(member) }
    })
    return {
      fields: properties
        .filter(property => !functionOf(property))
        .map(field)
        .filter(({ doc }) => !doc.isInternal),
      methods: called.filter(({ doc }) => !doc.isInternal),
    }
  }

  function members(node: ts.Declaration): Pick<Entry, 'fields' | 'methods' | 'inherits'> {
    const { properties, methods, inherits } = membersOf(checker, isPublic, node)
    return { ...split(properties, methods), inherits }
  }

  const bare = { fields: [], methods: [], inherits: [] }

  function describeClass(name: string, node: ts.ClassDeclaration): Entry {
    const own = node.members.filter(isShown)
    const maker = own.find(ts.isConstructorDeclaration)
    const made = maker && callable(name, maker, 'new ')
    const types = node.typeParameters?.map(inOneLine).join(', ')
    const heritage = node.heritageClauses?.map(inOneLine).join(' ') ?? ''
    const head = `class ${name}${types ? `<${types}>` : ''} ${heritage}`.trim().replace(/ +/g, ' ')
    const inConstructor = maker?.parameters.filter(parameter => ts.getModifiers(parameter)) ?? []
    const properties = own.filter(
      member => ts.isPropertyDeclaration(member) || ts.isGetAccessorDeclaration(member),
    )
    return {
      ...bare,
      name,
      group: 'classes',
      code: made ? `${head}\n\n${made.code}` : head,
      params: made?.params ?? [],
      doc: readDoc(node),
      ...split([...inConstructor, ...properties], own.filter(ts.isMethodDeclaration)),
    }
  }

  function describeType(name: string, node: ts.InterfaceDeclaration | ts.TypeAliasDeclaration): Entry {
    const types = node.typeParameters?.map(inOneLine) ?? []
    const isLong = types.join(', ').length > WIDTH - 30
    const list = isLong ? `\n${types.map(type => `  ${type},\n`).join('')}` : types.join(', ')
    const head = `${name}${types.length > 0 ? `<${list}>` : ''}`
    const entry = { name, group: 'types' as const, params: [], doc: readDoc(node) }
    if (isMixed(node))
      return {
        ...entry,
        ...members(node),
        code: `type ${head} = ${inLines((node as ts.TypeAliasDeclaration).type)}`,
      }
    if (hasMembers(node))
      return { ...entry, ...members(node), code: types.length > 0 ? `interface ${head}` : '' }
    const alias = node as ts.TypeAliasDeclaration
    return { ...entry, ...bare, code: `type ${head} = ${asWritten(alias.type)}` }
  }

  function describeConstant(name: string, node: ts.VariableDeclaration): Entry {
    const value = node.initializer ? asWritten(node.initializer) : ''
    const isShort = value !== '' && value.split('\n').length <= CONSTANT_LINES
    const registry = isShort ? null : registryOf(node)
    if (registry)
      return { ...bare, name, group: 'constants', code: '', params: [], doc: readDoc(node), fields: registry }
    const type = node.type ? inOneLine(node.type) : ''
    const code = isShort
      ? `const ${name}${type ? `: ${type}` : ''} = ${value}`
      : `const ${name}: ${type || typeOf(node)}`
    return { ...bare, name, group: 'constants', code, params: [], doc: readDoc(node) }
  }

  return function describe(name: string, symbol: ts.Symbol): Entry {
    for (const node of symbol.declarations ?? []) {
      if (ts.isFunctionDeclaration(node))
        return { ...bare, ...callable(name, node, 'function '), group: 'functions' }
      if (ts.isClassDeclaration(node)) return describeClass(name, node)
      if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return describeType(name, node)
      if (ts.isVariableDeclaration(node)) {
        if (!node.initializer || !ts.isArrowFunction(node.initializer)) return describeConstant(name, node)
        const called = callable(name, node.initializer, 'function ')
        return { ...bare, ...called, doc: readDoc(node), group: 'functions' }
      }
    }
    throw new Error(`${name}: there is no declaration that the reference knows`)
  }
}
