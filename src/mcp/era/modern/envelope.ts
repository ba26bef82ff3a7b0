import type { HostedCall } from "../../calls/hosted-call.ts";
import { metaOf, type Params, type Request } from "../../protocol/message.ts";
import type { ClientInfo } from "../../protocol/capabilities.ts";
import { LATEST_MODERN, META } from "../../protocol/revisions.ts";

/** A request with what every modern one says of its client (MCP 2026-07-28, basic/index, `_meta`). */
export function envelope({ request, client }: HostedCall, logLevel: string | undefined): Request {
  return {
    ...request,
    params: { ...request.params, _meta: { ...metaOf(request), ...metaFor(client, logLevel) } }
  };
}

export function metaFor({ clientInfo, capabilities }: ClientInfo, logLevel: string | undefined): Params {
  return {
    [META.protocolVersion]: LATEST_MODERN,
    ...(clientInfo && { [META.clientInfo]: clientInfo }),
    [META.clientCapabilities]: capabilities,
    ...(logLevel !== undefined && { [META.logLevel]: logLevel })
  };
}
