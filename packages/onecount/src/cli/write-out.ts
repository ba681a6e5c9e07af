/** All of it, also into a pipe that is slower than this process ends; one that is closed early wants no more. */
export const writeOut = (text: string): Promise<void> =>
  new Promise(resolve => {
    process.stdout.once('error', () => resolve())
    process.stdout.write(text, () => resolve())
  })
