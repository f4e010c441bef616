// What next-auth makes of a configuration, without Next.js: @auth/core, which next-auth is built on, behind the HTTP
// server of node at PORTAL_URL.
import { createServer } from 'node:http'
import { Auth } from '@auth/core'

const portal = process.env.PORTAL_URL
const ofNextAuth = { basePath: '/api/auth', trustHost: true, secret: process.env.AUTH_SECRET }

async function readBody(request) {
  const parts = []
  for await (const part of request) parts.push(part)
  return request.method === 'POST' ? Buffer.concat(parts) : undefined
}

export function NextAuth(configuration) {
  createServer(async (request, response) => {
    const { method, headers } = request
    const asked = new Request(new URL(request.url, portal), { method, headers, body: await readBody(request) })
    const answer = await Auth(asked, { ...ofNextAuth, ...configuration })
    response.setHeaders(answer.headers)
    response.writeHead(answer.status).end(await answer.text())
  }).listen(new URL(portal).port, 'localhost', () => console.log('ready'))
  return {}
}
