import type { IncomingMessage, ServerResponse } from "node:http";
import type { Provider } from "oidc-provider";
import { readForm, redirect, sendHtml, urlOf } from "../http/message.ts";
import { consentPage } from "../pages/consent.ts";
import { errorPage } from "../pages/error.ts";
import type { AuthorizationServerOptions } from "./configuration.ts";
import { grantAll } from "./sign-in.ts";

/**
 * The consent page of an authorization request: GET shows the client and the Environments, POST submits the
 * decision (`decision=allow|deny`, `environment=<id>` or empty to choose later).
 */
export async function serveConsent(
  provider: Provider,
  options: AuthorizationServerOptions,
  req: IncomingMessage,
  res: ServerResponse
): Promise<void> {
  const interaction = await provider.interactionDetails(req, res).catch(() => undefined);
  if (!interaction) {
    return sendHtml(res, 400, errorPage("expired"));
  }
  const clientId = String(interaction.params["client_id"]);
  const client = await provider.Client.find(clientId);
  const clientName = client?.clientName ?? clientId;
  if (req.method !== "POST") {
    const returnTo = String(interaction.params["redirect_uri"]);
    return sendHtml(res, 200, consentPage({ ...options, clientName, returnTo, action: urlOf(req).pathname }));
  }
  const form = await readForm(req);
  const result =
    form.get("decision") === "allow"
      ? {
          consent: {
            grantId: await allow(provider, options, clientId, clientName, form.get("environment") ?? "")
          }
        }
      : { error: "access_denied", error_description: "The user did not allow the connection." };
  redirect(res, await provider.interactionResult(req, res, result));
}

/** Records the Authorized Connection and grants access to its client. Returns the grant's id. */
export async function allow(
  provider: Provider,
  { connections, organization, resource }: AuthorizationServerOptions,
  clientId: string,
  clientName: string,
  environmentId: string
): Promise<string> {
  const environment = organization.environments.find(({ id }) => id === environmentId);
  connections.authorize(clientId, clientName, environment?.id);
  return grantAll(provider, { clientId, accountId: organization.user.id, resource });
}
