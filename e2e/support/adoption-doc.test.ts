import { describe, expect, it } from 'vitest'
import { countChanged, readInstructions } from './adoption-doc'

const PATCH = `--- a/app/page.tsx
+++ b/app/page.tsx
@@ -1,4 +1,4 @@
-import { a } from 'a'
-import { b } from 'b'
+import { c } from 'c'
 
+const added = 1
--- a/lib/articles.ts
+++ b/lib/articles.ts
@@ -8,2 +8,1 @@
-  removed: number
 }
`

describe('readInstructions', () => {
  it('answers commands and patches in their order', () => {
    const document = `# Title\n\n\`\`\`sh\nnpm install a\n# why\nnpm run b   # or c\n\`\`\`\n\n\`\`\`diff\n${PATCH}\`\`\`\n\n\`\`\`ts\nconst d = 1\n\`\`\`\n`
    expect(readInstructions(document)).toEqual([
      { command: 'npm install a' },
      { command: 'npm run b' },
      { patch: PATCH },
    ])
  })
})

describe('countChanged', () => {
  it('counts a replaced line once, and one that is added or removed', () => {
    expect(countChanged(PATCH)).toEqual({ files: 2, lines: 4, added: 2, removed: 3 })
  })
})
