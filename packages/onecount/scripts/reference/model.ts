/** What a docstring says, by its tags. */
export interface Doc {
  text: string
  params: Map<string, string>
  returns: string
  throws: string[]
  /** What counts where an option is left out. */
  default: string | undefined
  examples: string[]
  /** For other parts of the package: not in the reference. */
  isInternal: boolean
}

/** A parameter, an option or a property. */
export interface Field {
  name: string
  isOptional: boolean
  type: string
  doc: Doc
}

/** A function, or a method of a type. */
export interface Callable {
  name: string
  code: string
  params: Field[]
  doc: Doc
}

/** In the order of a page. */
export const GROUPS = ['functions', 'classes', 'constants', 'types'] as const
export type Group = (typeof GROUPS)[number]

/** What one exported name means. */
export interface Entry extends Callable {
  group: Group
  /** Properties of a type, without those that are called. */
  fields: Field[]
  methods: Callable[]
  /** Types whose properties this one has too, as they are written. */
  inherits: string[]
}

/** A subpath, with the names that are explained on its page, and those that are explained on another one. */
export interface Page {
  /** As programs import it: `onecount/http`. */
  subpath: string
  /** File in docs/reference. */
  file: string
  intro: string
  entries: Entry[]
  elsewhere: { entry: Entry; page: Page }[]
  /** Where on the page each entry is. */
  anchors: Map<string, string>
}
