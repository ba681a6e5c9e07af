import { describe, expect, it } from 'vitest'
import { checkSchema, type JsonSchema } from './json-schema'

const root: JsonSchema = {
  parts: {
    named: { type: 'object', required: ['name'], properties: { name: { type: 'string', minLength: 1 } } },
    'a/b': { const: 1 },
  },
}
const check = (schema: JsonSchema, value: unknown) => checkSchema(root, schema, value)

describe('a value', () => {
  it.each<[string, JsonSchema, unknown[], unknown[]]>([
    ['type', { type: 'integer' }, [1, -1, 0], [1.5, '1', null, {}]],
    ['several types', { type: ['string', 'null'] }, ['', null], [1, undefined, []]],
    ['const', { const: true }, [true], ['true', 1]],
    ['enum', { enum: ['a', null] }, ['a', null], ['b', undefined]],
    ['bounds', { minimum: 2, maximum: 3 }, [2, 3, 'text'], [1, 4]],
    ['lengths', { minLength: 2, maxLength: 2 }, ['ab', '👍👍', 7], ['a', 'abc']],
    ['pattern', { pattern: '^a' }, ['ab', 1], ['ba']],
    ['format', { format: 'date-time' }, ['2026-11-25T12:00:00.000Z', null], ['2026-11-25', 'now']],
    ['required', { required: ['a'], properties: { a: {} } }, [{ a: 1 }, 'text'], [{}, { b: 1 }]],
    ['items', { items: { type: 'string' } }, [[], ['a']], [[1], ['a', null]]],
    ['additionalProperties', { additionalProperties: { type: 'null' } }, [{}, { a: null }], [{ a: 1 }]],
    ['$ref', { $ref: '#/parts/named' }, [{ name: 'a' }], [{ name: '' }, {}, 'a']],
    ['$ref with a slash in a name', { $ref: '#/parts/a~1b' }, [1], [2]],
    ['anyOf', { anyOf: [{ type: 'null' }, { $ref: '#/parts/named' }] }, [null, { name: 'a' }], [{}, 1]],
    [
      'allOf, of which one part narrows the other',
      { allOf: [{ $ref: '#/parts/named' }, { properties: { name: { enum: ['a'] } } }] },
      [{ name: 'a' }],
      [{ name: 'b' }, { name: 'a', age: 1 }],
    ],
  ])('is judged by %s', (_, schema, good, bad) => {
    for (const value of good) expect(check(schema, value), JSON.stringify(value)).toEqual([])
    for (const value of bad) expect(check(schema, value), JSON.stringify(value)).not.toEqual([])
  })

  it('may have no member that is not described, however deep', () => {
    const schema = { properties: { list: { items: { $ref: '#/parts/named' } } } }
    expect(check(schema, { list: [{ name: 'a', age: 1 }], other: 2 })).toEqual([
      'body.list[0].age is not described',
      'body.other is not described',
    ])
  })
})

describe('a schema', () => {
  it('with a keyword that is not checked, or a part that is not there, is refused', () => {
    expect(() => check({ uniqueItems: true }, [])).toThrow('uniqueItems')
    expect(() => check({ format: 'uuid' }, 'x')).toThrow('uuid')
    expect(() => check({ $ref: '#/parts/none' }, 1)).toThrow('#/parts/none')
  })
})
