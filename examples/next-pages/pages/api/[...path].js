import { likes } from '../../lib/likes'

export const config = { api: { bodyParser: false, externalResolver: true } }
export default (request, response) => likes().listener(request, response)
