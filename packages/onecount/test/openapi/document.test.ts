import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ENGINE_ONLY } from '../../scripts/openapi/schemas'
import { ERRORS, type ErrorCode } from '../../src/core/errors'
import { ADDRESSES } from '../../src/http/routes'
import { checkSchema, resolveRef } from '../support/json-schema'
import {
  DOCUMENT,
  documentedOutcomes,
  ELSEWHERE,
  examplesOf,
  itemOf,
  methodsOf,
  PATHS,
} from '../support/openapi'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/http-api.md'), 'utf8')
interface Parameters {
  parameters?: { $ref: string }[]
}
const byCode = (a: { code: string }, b: { code: string }) => (a.code < b.code ? -1 : 1)

describe('docs/openapi.json', () => {
  it('has every address that the handler has, and no other', () => {
    const described = PATHS.filter(path => !ELSEWHERE.includes(path))
    const addresses = described.map(path => path.slice(1).replace(/\{\w+\}/g, '*'))
    expect(addresses.sort()).toEqual([...ADDRESSES].sort())
  })

  it('has every code of the source that an answer can have, each with its status', () => {
    const told = new Map(documentedOutcomes().map(({ code, status }) => [code, status]))
    const described = [...told].map(([code, status]) => ({ code, status })).filter(({ code }) => code !== '')
    const ofSource = Object.entries(ERRORS).map(([code, { status }]) => ({ code, status }))
    const engineOnly: readonly string[] = ENGINE_ONLY
    expect(described.sort(byCode)).toEqual(
      ofSource.filter(({ code }) => !engineOnly.includes(code)).sort(byCode),
    )
    expect(DOCUMENT.components.schemas.ErrorCode.enum.toSorted()).toEqual(described.map(({ code }) => code))
  })

  it('has no code with another status than that of the source', () => {
    const wrong = documentedOutcomes().filter(
      ({ code, status }) => code !== '' && ERRORS[code as ErrorCode].status !== status,
    )
    expect(wrong).toEqual([])
  })

  it('names each operation once, and only parts that are there', () => {
    const operations = PATHS.flatMap(path =>
      methodsOf(path).map(method => Reflect.get(itemOf(path), method.toLowerCase()).operationId),
    )
    expect(operations.length).toBeGreaterThan(20)
    expect(new Set(operations).size).toBe(operations.length)
    const text = JSON.stringify(DOCUMENT)
    const named = [...new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref!))]
    for (const ref of named) expect(() => resolveRef(DOCUMENT, ref), ref).not.toThrow()
    const parts = ['parameters', 'headers', 'schemas', 'responses'].flatMap(part =>
      Object.keys(DOCUMENT.components[part]).map(name => `#/components/${part}/${name}`),
    )
    expect(parts.filter(part => !named.includes(part))).toEqual([])
    const schemes = Object.keys(DOCUMENT.components.securitySchemes)
    expect(schemes.filter(name => !text.includes(`{"${name}":[]}`))).toEqual([])
  })

  it('has parameters for each part of a path that varies', () => {
    for (const path of PATHS)
      for (const method of methodsOf(path)) {
        const { parameters = [] } = Reflect.get(itemOf(path), method.toLowerCase()) as Parameters

        const named = parameters
          .map(({ $ref }) => resolveRef(DOCUMENT, $ref))
          .filter(parameter => parameter.in === 'path')
          .map(parameter => parameter.name)
        expect(named, `${method} ${path}`).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
      }
  })

  it('has examples that are as it says', () => {
    const examples = examplesOf(DOCUMENT.components.responses).concat(examplesOf(DOCUMENT.paths))
    expect(examples.length).toBeGreaterThan(5)
    for (const { at, schema, value } of examples) expect(checkSchema(DOCUMENT, schema, value, at)).toEqual([])
  })
})

describe('docs/http-api.md', () => {
  it('has every code of the source with its status, each once', () => {
    const rows = [...page.matchAll(/^\| (\d{3}) \| `(\w+)` \|/gm)]
    const described = rows.map(([, status, code]) => ({ code: code!, status: Number(status) }))
    const ofSource = Object.entries(ERRORS).map(([code, { status }]) => ({ code, status }))
    expect(described.sort(byCode)).toEqual(ofSource.sort(byCode))
  })

  it('has every address and every header of its own', () => {
    const addresses = PATHS.filter(path => !ELSEWHERE.includes(path)).map(path => `/api${path}`)
    const missing = addresses.filter(
      path => !page.includes(path.replace('{kind}', '{name}')) && !page.includes(path),
    )
    expect(missing).toEqual([])
    const headers = Object.keys(DOCUMENT.components.headers).filter(
      name => !/^(Access-Control|Content-Sec|Referrer|X-Content|Strict|Vary)/.test(name),
    )
    expect(headers.filter(name => !page.toLowerCase().includes(name.toLowerCase()))).toEqual([])
  })
})
