// A real OpenID provider for the tests: `node server.mjs`, configured by its environment.
// People sign in by name: `ada` is ada@example.org, verified; `unverified-ada` has not verified her address.
import Provider from 'oidc-provider';

const { PORT, REDIRECT_URI, CLIENT_ID, CLIENT_SECRET, JWKS } = process.env;
const issuer = `http://127.0.0.1:${PORT}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    redirect_uris: [REDIRECT_URI],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_post',
  }],
  jwks: JSON.parse(JWKS),
  pkce: { required: () => true },
  conformIdTokenClaims: false,
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  cookies: { keys: ['a key for tests only'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      name: id,
      email: `${id.replace('unverified-', '')}@example.org`,
      email_verified: !id.startsWith('unverified-'),
    }),
  }),
});

provider.listen(Number(PORT), '127.0.0.1', () => console.log('ready'));
