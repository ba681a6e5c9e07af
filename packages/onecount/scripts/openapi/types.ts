/** The part of JSON Schema (2020-12) that the document uses. */
export interface Schema {
  $ref?: string
  description?: string
  type?: string | readonly string[]
  const?: unknown
  enum?: readonly unknown[]
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  additionalProperties?: Schema
  items?: Schema
  anyOf?: readonly Schema[]
  allOf?: readonly Schema[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
}

export interface Ref {
  $ref: string
}

/** A header of answers. Without `required` it is there in some of them. */
export interface Header {
  description: string
  required?: true
  schema: Schema
}

export interface Media {
  schema: Schema
  example?: unknown
  examples?: Record<string, { value: unknown }>
}

export interface Response {
  description: string
  headers?: Record<string, Ref | Header>
  content?: Record<string, Media>
}

export interface Parameter {
  name: string
  in: 'path' | 'query'
  required?: true
  description: string
  schema: Schema
  example?: unknown
}

export interface Operation {
  operationId: string
  tags: string[]
  summary: string
  description?: string
  parameters?: Ref[]
  requestBody?: { required: boolean; description?: string; content: Record<string, Media> }
  security?: Record<string, string[]>[]
  responses: Record<string, Ref | Response>
}

export type Method = 'get' | 'head' | 'put' | 'post' | 'delete' | 'options'

/** What one address takes. `x-other-methods`: what it answers to all other methods, which OpenAPI has no word for. */
export type PathItem = { [M in Method]?: Operation } & { 'x-other-methods'?: Ref; description?: string }

export const refTo = (part: string, name: string): Ref => ({ $ref: `#/components/${part}/${name}` })
