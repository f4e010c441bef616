// npm's oidc-provider as a production set-up would run it: one process per core, its state in Redis, tokens signed with
// ES256, refresh tokens rotated. Nobody types a password: its interactions are left to whoever uses it, so the first
// authorization request of a browser signs person `bench` in, and the following ones find the session.
//
// Started by bench.peers with ISSUER, PORT, REDIS (a socket), SECRET and REDIRECT in the environment.
import cluster from 'node:cluster';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import Redis from 'ioredis';
import { Provider } from 'oidc-provider';

const { ISSUER, PORT, REDIS, SECRET, REDIRECT } = process.env;
const RESOURCE = 'https://api.example.ch';

if (cluster.isPrimary) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const KEY = privateKey.export({ type: 'pkcs8', format: 'pem' });
  for (let started = 0; started < availableParallelism(); started += 1) cluster.fork({ KEY });
  process.on('SIGTERM', () => process.exit(0));
} else {
  const redis = new Redis({ path: REDIS });
  const grantable = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode', 'Grant']);

  // The adapter of the documentation, shortened: consumed artefacts are hashes, the others plain values.
  class RedisAdapter {
    constructor(name) { this.name = name; }

    key(id) { return `${this.name}:${id}`; }

    async upsert(id, payload, expiresIn) {
      const key = this.key(id);
      const many = redis.multi();
      if (grantable.has(this.name)) many.hset(key, { payload: JSON.stringify(payload) });
      else many.set(key, JSON.stringify(payload));
      if (expiresIn) many.expire(key, expiresIn);
      if (payload.grantId && this.name !== 'Grant') {
        many.rpush(`grant:${payload.grantId}`, key);
        if (expiresIn) many.expire(`grant:${payload.grantId}`, Math.max(expiresIn, 86400));
      }
      if (payload.uid) many.set(`uid:${payload.uid}`, id, 'EX', expiresIn || 86400);
      await many.exec();
    }

    async find(id) {
      if (!grantable.has(this.name)) {
        const found = await redis.get(this.key(id));
        return found ? JSON.parse(found) : undefined;
      }
      const found = await redis.hgetall(this.key(id));
      if (!found.payload) return undefined;
      const { payload, ...rest } = found;
      return { ...rest, ...JSON.parse(payload) };
    }

    async findByUid(uid) {
      const id = await redis.get(`uid:${uid}`);
      return id ? this.find(id) : undefined;
    }

    async findByUserCode() { return undefined; }

    async consume(id) { await redis.hset(this.key(id), 'consumed', Math.floor(Date.now() / 1000)); }

    async destroy(id) { await redis.del(this.key(id)); }

    async revokeByGrantId(grantId) {
      const keys = await redis.lrange(`grant:${grantId}`, 0, -1);
      await redis.del(...keys, `grant:${grantId}`);
    }
  }

  const jwk = { ...createPrivateKey(process.env.KEY).export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'bench' };
  const provider = new Provider(ISSUER, {
    adapter: RedisAdapter,
    jwks: { keys: [jwk] },
    clients: [{
      client_id: 'bench',
      client_secret: SECRET,
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      id_token_signed_response_alg: 'ES256',
      scope: 'openid email api',
    }],
    scopes: ['openid', 'email', 'api'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: ['bench'] },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    expiresWithSession: async () => false,
    findAccount: async (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: 'bench@example.ch', email_verified: true }),
    }),
    loadExistingGrant: async (context) => {
      const { client, session, provider: own } = context.oidc;
      const id = session.grantIdFor(client.clientId);
      if (id) return own.Grant.find(id);
      const grant = new own.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // A machine's token is a JWT, as ours is; a person's stays opaque, since only such a one reads userinfo here.
        defaultResource: async (context) => (context.oidc.params?.grant_type === 'client_credentials' ? RESOURCE : undefined),
        getResourceServerInfo: async () => ({
          scope: 'api', audience: RESOURCE, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  provider.use(async (context, next) => {
    if (!context.path.startsWith('/interaction/')) return next();
    return provider.interactionFinished(context.req, context.res, { login: { accountId: 'bench' } });
  });
  provider.listen(Number(PORT), '127.0.0.1');
}
