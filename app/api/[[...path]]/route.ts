export { DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT } from '@/app/utils/onecount/http'
