import { type PathItem, refTo } from './types'

const html = (description: string) => ({
  description,
  content: { 'text/html': { schema: { type: 'string' } } },
})

/** A heart that is pressed before the scripts of the page run, or where they never do. */
export const FORM: Record<string, PathItem> = {
  '/likes/{postId}/form': {
    description:
      'Of the reference application (`app/api/likes/[postId]/form`): `createHandler` has no such address.',
    post: {
      operationId: 'pressByForm',
      tags: ['Reference application'],
      summary: 'A heart without scripts',
      description: 'Likes or unlikes as PUT and DELETE do, and leads back to the page on which the form is.',
      parameters: [refTo('parameters', 'PostId')],
      requestBody: {
        required: true,
        content: {
          'application/x-www-form-urlencoded': {
            schema: {
              type: 'object',
              required: ['liked'],
              properties: { liked: { enum: ['true', 'false'] } },
            },
          },
        },
      },
      security: [{}, { session: [] }, { secureSession: [] }],
      responses: {
        303: {
          description:
            'Pressed. `Location` is the page of this site on which the form is, with the place of the heart.',
          headers: {
            Location: {
              description: 'Path, query and fragment.',
              required: true,
              schema: { type: 'string', pattern: '^/([^/]|$)' },
            },
            'Set-Cookie': refTo('headers', 'Set-Cookie'),
          },
        },
        400: html('No direction, or a post id that is malformed.'),
        403: html('A page of another site.'),
        404: html('There is no such post.'),
        422: html('A rule of the database refuses the like.'),
        429: html('A limit is reached.'),
        500: html('The server is not set up, or something failed.'),
        503: html('No store could take the like.'),
      },
    },
  },
}
