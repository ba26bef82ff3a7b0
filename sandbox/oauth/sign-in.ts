import { interactionPolicy, type KoaContextWithOIDC, type Provider } from "oidc-provider";

export const scopes = ["openid", "profile", "email", "offline_access"] as const;

/** The subject of a consent. */
export interface Consent {
  clientId: string;
  accountId: string;
  resource: string;
}

/** Grants a client everything that can be granted. Returns the grant's id. */
export async function grantAll(provider: Provider, consent: Consent): Promise<string> {
  const grant = new provider.Grant({ accountId: consent.accountId, clientId: consent.clientId });
  grant.addOIDCScope(scopes.join(" "));
  grant.addResourceScope(consent.resource, scopes.join(" "));
  return grant.save();
}

/**
 * The prompts of an authorization request. There are no passwords: anyone at the browser is the user, so
 * "login" signs them in immediately without a prompt.
 * @param approve if given, replaces the consent page: records a consent without a click and returns the
 *   grant's id
 */
export function promptPolicy(
  accountId: string,
  approve?: (ctx: KoaContextWithOIDC) => Promise<string>
): interactionPolicy.DefaultPolicy {
  const { Check, base } = interactionPolicy;
  const policy = base();
  const signIn = new Check("signed_in", "sign-in is needed", async (ctx) => {
    await enter(ctx, accountId, approve);
    return Check.NO_NEED_TO_PROMPT;
  });
  for (const prompt of policy) if (prompt.name === "login" || approve) prompt.checks.clear();
  policy.get("login")!.checks.add(signIn);
  return policy;
}

/** Stores the user and their grant where the library would after its login page. */
async function enter(
  ctx: KoaContextWithOIDC,
  accountId: string,
  approve?: (ctx: KoaContextWithOIDC) => Promise<string>
): Promise<void> {
  const { oidc } = ctx;
  if (oidc.account && !approve) return;
  const { provider, session, client } = oidc;
  if (!session || !client) return;
  session.loginAccount({ accountId });
  oidc.entity("Account", { accountId, claims: () => ({ sub: accountId }) });
  const grant = approve
    ? await provider.Grant.find(await approve(ctx))
    : new provider.Grant({ accountId, clientId: client.clientId });
  if (!grant) throw new Error("the grant that was just saved is gone");
  session.ensureClientContainer(client.clientId);
  if (approve) session.grantIdFor(client.clientId, grant.jti);
  oidc.entity("Grant", grant);
}
