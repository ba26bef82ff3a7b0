import os

import httpx2 as httpx
from fastmcp import FastMCP
from fastmcp.server.auth import AccessToken, OAuthProxy, TokenVerifier

env = os.environ


class Upstream(TokenVerifier):
    """Verifies tokens with the identity provider."""

    async def verify_token(self, token: str) -> AccessToken | None:
        async with httpx.AsyncClient() as client:
            answer = await client.get(env["VERIFY"], headers={"authorization": f"Bearer {token}"})
        if answer.status_code != 200:
            return None
        known = answer.json()
        return AccessToken(token=token, client_id=known["clientId"], scopes=known["scopes"])


auth = OAuthProxy(
    upstream_authorization_endpoint=env["AUTHORIZE"],
    upstream_token_endpoint=env["TOKEN"],
    upstream_revocation_endpoint=env["REVOKE"],
    upstream_client_id=env["CLIENT_ID"],
    upstream_client_secret=env["CLIENT_SECRET"],
    # The identity provider doesn't know the MCP server's resource, only its client.
    forward_resource=False,
    token_endpoint_auth_method="client_secret_post",
    token_verifier=Upstream(required_scopes=["openid"]),
    base_url=f"http://127.0.0.1:{env['PORT']}",
    jwt_signing_key="a signing key that outlives a restart",
)
mcp = FastMCP("counterpart", auth=auth)


@mcp.tool
def echo(text: str) -> str:
    return text


mcp.run(transport="http", host="127.0.0.1", port=int(env["PORT"]), show_banner=False)
