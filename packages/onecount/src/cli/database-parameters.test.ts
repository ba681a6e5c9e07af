import { describe, expect, it } from 'vitest'
import { addressForDriver, parametersOf } from './database-parameters'
import { postgresFailure } from './unreachable'

const AT = 'postgresql://me:a%2Fb@one:5432,two:5433/likes'

describe('an address of Postgres, for postgres.js', () => {
  it.each([
    ['', ''],
    ['?', ''],
    ['?pgbouncer=true&connection_limit=1', ''],
    ['?schema=public&sslmode=require&pool_timeout=10', '?sslmode=require'],
    ['?sslmode=require&channel_binding=require', '?sslmode=require'],
    ['?application_name=a%20b&keepalives=1&keepalives_idle=30', '?application_name=a%20b'],
    ['?connect_timeout=5&gssencmode=disable', '?connect_timeout=5'],
    ['?target_session_attrs=read-write&supa=base-pooler.x#part', '?target_session_attrs=read-write#part'],
    ['?options=endpoint%3Dcool&statement_cache_size=0', '?options=endpoint%3Dcool'],
    // They name another server or key: without them it would be another connection.
    ['?host=/tmp&sslkey=key.pem', '?host=/tmp&sslkey=key.pem'],
    ['?conection_limit=1', '?conection_limit=1'],
  ])('has no parameter of another client: %s', (query, kept) => {
    expect(addressForDriver(AT + query)).toEqual({ url: AT + kept })
  })

  it.each([
    ['?sslmode=require&sslrootcert=ca.pem', { url: `${AT}?sslmode=require`, ssl: 'verify-full' }],
    ['?sslrootcert=system', { url: AT, ssl: 'verify-full' }],
    ['?sslmode=require&sslaccept=strict', { url: `${AT}?sslmode=require`, ssl: 'verify-full' }],
    ['?sslmode=prefer&sslrootcert=ca.pem', { url: `${AT}?sslmode=prefer` }],
    ['?sslmode=require&sslaccept=accept_invalid_certs', { url: `${AT}?sslmode=require` }],
  ])('has the certificate verified where the other client does: %s', (query, address) => {
    expect(addressForDriver(AT + query)).toEqual(address)
  })

  it('has parameters with names', () => {
    expect(parametersOf(`${AT}?pgbouncer=true&&a%62c&x=y=z#&w=v`)).toEqual(['pgbouncer', 'abc', 'x'])
  })
})

describe('a parameter that Postgres does not take', () => {
  const failure = (databaseUrl: string, message: string, code: string) =>
    postgresFailure(Object.assign(new Error(message), { code }), { redisUrl: '', databaseUrl })

  it.each([
    ['unrecognized configuration parameter "pool"', '42704'],
    ['unbekannter Konfigurationsparameter »pool«', '42704'],
    ['unsupported startup parameter: pool', '08P01'],
    ['parameter "pool" cannot be changed without restarting the server', '55P02'],
  ])('is named with the setting: %s', (message, code) => {
    expect(failure(`${AT}?sslmode=require&pool=5`, message, code)).toMatchObject({
      name: 'Unreachable',
      found: `Postgres does not take the parameter pool of DATABASE_URL (${message})`,
      fix: 'remove pool from what follows the ? in DATABASE_URL',
    })
  })

  it('is none where the address has no such parameter', () => {
    expect(failure(AT, 'type "mood" does not exist', '42704')).toMatchObject({ name: 'Error' })
    expect(failure(`${AT}?pool=5`, 'type "mood" does not exist', '42704')).toMatchObject({ name: 'Error' })
  })
})
