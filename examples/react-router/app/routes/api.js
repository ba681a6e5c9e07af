import { likes } from '../likes.server.js'

export const loader = ({ request }) => likes().handler(request)
export const action = loader
