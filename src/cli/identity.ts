import type { HostedTools } from "../mcp/hosted.ts";
import * as z from "zod";

/** Who the hosted service says that the sign-in belongs to. Fields are missing where it does not say. */
export interface Identity {
  user: { id?: string | undefined; email?: string | undefined; name?: string | undefined } | undefined;
  organization: { id?: string | undefined; name?: string | undefined } | undefined;
  /** The Environment linked to the Authorized Connection. */
  environment: { id?: string | undefined; name?: string | undefined } | undefined;
}

const named = z.object({ id: z.string().optional(), name: z.string().optional() });
const answerSchema = z.object({
  user: z
    .object({
      id: z.string().optional(),
      email: z.string().optional(),
      name: z.string().optional(),
      first_name: z.string().nullish(),
      last_name: z.string().nullish()
    })
    .optional()
    .catch(undefined),
  organization: named.optional().catch(undefined),
  linked_environment: named.nullish().catch(undefined),
  environment: named.nullish().catch(undefined)
});

/**
 * Asks the hosted `whoami` tool. Its shape is not published, so what cannot be read is left out.
 * @returns undefined where the service has no such tool or its answer says nothing
 */
export async function readIdentity(hosted: HostedTools, signal: AbortSignal): Promise<Identity | undefined> {
  const result = await hosted.call("whoami", {}, { signal, repeatable: true });
  if (result.isError) return undefined;
  const answer = answerSchema.safeParse(result.structuredContent ?? jsonOf(result.content)).data;
  if (!answer) return undefined;
  const { user } = answer;
  const name = user?.name ?? ([user?.first_name, user?.last_name].filter(Boolean).join(" ") || undefined);
  return {
    user: user && { id: user.id, email: user.email, name },
    organization: answer.organization,
    environment: answer.linked_environment ?? answer.environment ?? undefined
  };
}

/** One line for people: name, address, organization, Environment, as far as they are known. */
export function describeIdentity({ user, organization, environment }: Identity): string {
  const who =
    user?.name && user.email ? `${user.name} (${user.email})` : (user?.name ?? user?.email ?? user?.id);
  const where = [organization?.name, environment?.name && `Environment ${environment.name}`];
  return [who, ...where].filter(Boolean).join(", ");
}

function jsonOf(content: unknown): unknown {
  const [first] = Array.isArray(content) ? (content as { text?: unknown }[]) : [];
  try {
    return typeof first?.text === "string" ? JSON.parse(first.text) : undefined;
  } catch {
    return undefined;
  }
}
