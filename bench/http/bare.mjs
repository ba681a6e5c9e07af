import { createServer } from 'node:http'

// Reads the body, as anything that takes a like has to.
createServer((request, response) => {
  request.resume().on('end', () => {
    response.setHeader('content-type', 'application/json')
    response.end('{"count":447}')
  })
}).listen(0, '127.0.0.1', function () {
  console.log(`listening on http://127.0.0.1:${this.address().port}`)
})
