// An OpenID provider as organisations run one: `node provider.js PORT REDIRECT_URI BYE_URI SECONDS`.
// Its own pages for tests let anybody in under any name. Access tokens last SECONDS.
import Provider from "oidc-provider";

const [port, redirectUri, byeUri, seconds] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const scopes = "crm:read crm:write crm:admin";

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "console",
      client_secret: "a secret of tests",
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [byeUri],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    },
  ],
  scopes: ["openid", "offline_access", ...scopes.split(" ")],
  features: {
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope: scopes, audience: "rapport", accessTokenFormat: "jwt" }),
      useGrantedResource: () => true,
    },
    revocation: { enabled: true },
  },
  rotateRefreshToken: true,
  extraTokenClaims: () => ({ roles: ["agents"] }),
  ttl: { AccessToken: Number(seconds), IdToken: 60, RefreshToken: 600, Grant: 600, Session: 600, Interaction: 600 },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
