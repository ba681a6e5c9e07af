import { likes } from '../../likes.js'

export const ALL = ({ request, clientAddress }) => likes().handler(request, { ip: clientAddress })
