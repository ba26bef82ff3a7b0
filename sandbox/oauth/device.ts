import type { IncomingMessage, ServerResponse } from "node:http";
import type { Provider } from "oidc-provider";
import { readForm, sendHtml, urlOf } from "../http/message.ts";
import { deviceCodePage, deviceConfirmPage, deviceDonePage } from "../pages/device.ts";
import { allow } from "./consent.ts";
import type { AuthorizationServerOptions } from "./configuration.ts";

type DeviceCode = InstanceType<Provider["DeviceCode"]>;

/**
 * The verification page of the device flow (RFC 8628, section 3.3): asks for the user code unless the URL
 * contains it, shows it together with the client, and accepts the decision.
 */
export async function serveDevice(
  provider: Provider,
  options: AuthorizationServerOptions,
  req: IncomingMessage,
  res: ServerResponse
): Promise<void> {
  const form = req.method === "POST" ? await readForm(req) : urlOf(req).searchParams;
  const userCode = form.get("user_code") ?? "";
  if (!userCode) return sendHtml(res, 200, deviceCodePage());
  const normalized = userCode.replace(/\W/g, "").toUpperCase();
  const code = await provider.DeviceCode.findByUserCode(normalized);
  if (!code || code.accountId || code.error) return sendHtml(res, 404, deviceCodePage(userCode));
  const clientName = await clientNameOf(provider, code.clientId!);
  const decision = options.autoApprove ? "allow" : decisionIn(req, form);
  if (decision === "deny") {
    await deny(code);
    return sendHtml(res, 200, deviceDonePage("denied", clientName));
  }
  if (decision === "allow") {
    const environmentId = form.get("environment") ?? options.linkedEnvironmentId ?? "";
    await approve(code, options, await allow(provider, options, code.clientId!, clientName, environmentId));
    return sendHtml(res, 200, deviceDonePage("allowed", clientName));
  }
  sendHtml(res, 200, deviceConfirmPage({ ...options, clientName, userCode: spaced(normalized) }));
}

async function clientNameOf(provider: Provider, clientId: string): Promise<string> {
  return (await provider.Client.find(clientId))?.clientName ?? clientId;
}

/** The user's decision, which is accepted only in a POST. */
function decisionIn(req: IncomingMessage, form: URLSearchParams): string | null {
  return req.method === "POST" ? form.get("decision") : null;
}

/** Formats the code as the device shows it: `ABCD-EFGH`. */
function spaced(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

async function approve(
  code: DeviceCode,
  options: AuthorizationServerOptions,
  grantId: string
): Promise<void> {
  const { scope } = (code.params ?? {}) as { scope?: string };
  Object.assign(code, {
    accountId: options.organization.user.id,
    authTime: Math.floor(Date.now() / 1000),
    claims: {},
    grantId,
    scope: scope ?? "openid profile email",
    resource: options.resource
  });
  await code.save();
}

async function deny(code: DeviceCode): Promise<void> {
  Object.assign(code, { error: "access_denied", errorDescription: "The user did not allow the connection." });
  await code.save();
}
