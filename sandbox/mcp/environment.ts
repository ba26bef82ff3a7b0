import { randomBytes } from "node:crypto";
import {
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  type ClientCapabilities,
  type InputRequiredResult,
  type ServerContext
} from "@modelcontextprotocol/server";
import { type DomainError, notAllowed } from "../account/domain-error.ts";
import type { Service } from "../service.ts";

export interface Caller {
  ctx: ServerContext;
  clientId: string;
  /** From `initialize`; a request with an envelope has its own. */
  capabilities: ClientCapabilities | undefined;
}

/** Seals the subject of a question, so that only the client that was asked can answer it. */
export const questionState = createRequestStateCodec<{ question: string }>({
  key: randomBytes(32),
  bind: (ctx) => ctx.http?.authInfo?.clientId ?? ""
});

const question = "environment";

/**
 * Determines the Environment of a call: the `X-Environment-Id` header, else the one linked to the Authorized
 * Connection, else one that the user picks when asked, which is then linked.
 * @throws {DomainError} if the Environment is unknown, or there is none and the client can't ask the user
 */
export async function chooseEnvironment(
  service: Service,
  caller: Caller
): Promise<{ environmentId: string } | InputRequiredResult> {
  const wanted = caller.ctx.http?.req?.headers.get("x-environment-id");
  if (wanted) return { environmentId: service.organization.environment(wanted).id };
  const linked = service.connections.of(caller.clientId)?.environmentId;
  if (linked) return { environmentId: linked };
  const answer = inputResponse(caller.ctx.mcpReq.inputResponses, question);
  if (answer.kind === "elicit") return link(service, caller.clientId, answer);
  if (!canBeAsked(caller)) throw notLinked(service);
  return ask(service, caller.ctx);
}

function link(
  { organization, connections }: Service,
  clientId: string,
  answer: { action: string; content?: Record<string, unknown> }
): { environmentId: string } {
  if (answer.action !== "accept") {
    throw notAllowed("No Environment was chosen, so nothing was done.");
  }
  const { id } = organization.environment(String(answer.content?.["environment_id"]));
  connections.bind(clientId, id);
  return { environmentId: id };
}

async function ask({ organization, stats }: Service, ctx: ServerContext): Promise<InputRequiredResult> {
  stats.mcp.questions += 1;
  return inputRequired({
    inputRequests: {
      [question]: inputRequired.elicit({
        message: "Which Imgwire Environment should this connection be linked to?",
        requestedSchema: {
          type: "object",
          properties: {
            environment_id: {
              type: "string",
              title: "Environment",
              enum: organization.environments.map(({ id }) => id),
              enumNames: organization.environments.map(({ name }) => name)
            }
          },
          required: ["environment_id"]
        }
      })
    },
    requestState: await questionState.mint({ question }, ctx)
  });
}

/** Whether the client supports form elicitation; an empty `elicitation: {}` counts. */
function canBeAsked({ ctx, capabilities }: Caller): boolean {
  const envelope = ctx.mcpReq.envelope as { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined;
  const declared = (envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? capabilities)?.elicitation;
  return declared !== undefined && (declared.form !== undefined || declared.url === undefined);
}

function notLinked({ dashboardUrl }: Service): DomainError {
  return notAllowed(
    `This connection is not linked to an Environment. Link it under Authorized Connections in the dashboard: ${dashboardUrl}connections`
  );
}
