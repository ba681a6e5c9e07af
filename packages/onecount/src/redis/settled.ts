import type { Command } from 'ioredis'

const failed = new WeakSet<Command>()

/** Lets `isSettled` know when a command fails for its caller, which ioredis 5 does not say. For one not sent yet. */
export function watchSettled(command: Command): Command {
  if (command.isSettled !== undefined) return command
  const { reject } = command
  command.reject = error => {
    failed.add(command)
    reject(error)
  }
  return command
}

/** Whether the caller of a command has its answer, or its error where it is watched. */
export function isSettled(command: Command): boolean {
  const { isSettled, isResolved } = command as Partial<Command> & { isResolved?: boolean }
  return isSettled ?? (isResolved || failed.has(command))
}
