// `npm publish` in this folder would publish a package.json that names no repository.
process.stderr.write(
  'Publish with `npm run release -w onecount`: it adds the address of the sources to package.json.\n',
)
process.exitCode = 1
