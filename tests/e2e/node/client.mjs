// A relying party by openid-client. It prints the address to open, reads the one the browser arrived at, and prints
// what it got, as JSON. Options (one JSON object in the first argument): issuer, client_id, redirect_uri,
// post_logout_redirect_uri, scope; secret for client_secret_basic, or key (a private JWK) for private_key_jwt with
// PAR and DPoP, as the FAPI 2.0 Security Profile wants it; with signing also JAR and JARM, as Message Signing does.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import * as oidc from 'openid-client'

const asked = JSON.parse(process.argv[2])
const lines = createInterface({ input: process.stdin })
const fapi = asked.key !== undefined

async function signingKey() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  return { key: await crypto.subtle.importKey('jwk', asked.key, algorithm, false, ['sign']), kid: asked.key.kid }
}

const key = fapi ? await signingKey() : undefined
const authentication = fapi ? oidc.PrivateKeyJwt(key) : oidc.ClientSecretBasic(asked.secret)
const metadata = fapi
  ? {
      id_token_signed_response_alg: 'ES256',
      authorization_signed_response_alg: 'ES256',
      use_mtls_endpoint_aliases: false,
    }
  : {}
const provider = await oidc.discovery(new URL(asked.issuer), asked.client_id, metadata, authentication, {
  execute: [oidc.allowInsecureRequests, ...(asked.signing ? [oidc.useJwtResponseMode] : [])],
})
const proof = fapi ? { DPoP: oidc.getDPoPHandle(provider, await oidc.randomDPoPKeyPair()) } : {}

const verifier = oidc.randomPKCECodeVerifier()
const expected = { expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() }
const request = {
  redirect_uri: asked.redirect_uri,
  scope: asked.scope,
  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state: expected.expectedState,
  nonce: expected.expectedNonce,
}
const pushed = async () =>
  asked.signing ? (await oidc.buildAuthorizationUrlWithJAR(provider, request, key)).searchParams : request
const address = fapi
  ? await oidc.buildAuthorizationUrlWithPAR(provider, await pushed(), proof)
  : oidc.buildAuthorizationUrl(provider, request)
console.log(address.href)

const [arrived] = await once(lines, 'line')
const checks = { pkceCodeVerifier: verifier, idTokenExpected: true, ...expected }
const tokens = await oidc.authorizationCodeGrant(provider, new URL(arrived), checks, {}, proof)
const { sub } = tokens.claims()
const person = await oidc.fetchUserInfo(provider, tokens.access_token, sub, proof)
const refreshed = await oidc.refreshTokenGrant(provider, tokens.refresh_token, {}, proof)
const afterwards = await oidc.fetchUserInfo(provider, refreshed.access_token, sub, proof)
const active = (await oidc.tokenIntrospection(provider, refreshed.access_token)).active
await oidc.tokenRevocation(provider, refreshed.refresh_token ?? tokens.refresh_token)
const error = await oidc.refreshTokenGrant(provider, tokens.refresh_token, {}, proof).then(
  () => 'none',
  (refused) => refused.error,
)
const logout = oidc.buildEndSessionUrl(provider, {
  id_token_hint: tokens.id_token,
  post_logout_redirect_uri: asked.post_logout_redirect_uri,
})
console.log(
  JSON.stringify({
    answered: [...new URL(arrived).searchParams.keys()],
    claims: tokens.claims(),
    token_type: tokens.token_type,
    person,
    name_afterwards: afterwards.name,
    active,
    error_after_revocation: error,
    logout: logout.href,
  }),
)
process.exit(0)
