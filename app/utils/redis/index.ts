export * from './cache'
export * from './client'
export * from './counters'
export * from './sync'
