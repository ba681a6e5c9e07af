import { buildPackage } from './build'

/** Tests start the command and pack the package: both must be what the present sources make. */
export async function setup(): Promise<void> {
  await buildPackage()
}
