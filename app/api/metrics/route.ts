import { onecount } from '@/app/utils/onecount'

export const { DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT } = onecount.handlers
