import { z } from "zod";
import { ClientKeySchema, EnvironmentSchema, UserResponse } from "../../schemas.ts";
import { accountTool, additive, environmentTool, readOnly } from "../tool.ts";

export const whoami = accountTool(
  {
    name: "whoami",
    title: "Who am I",
    description:
      "Confirm the authorized user, organization, available Environments, and the currently linked Environment.",
    annotations: readOnly,
    input: z.object({}),
    output: z.object({
      user: UserResponse,
      organization: z.object({ id: z.string(), name: z.string() }),
      environments: z.array(EnvironmentSchema),
      linked_environment: EnvironmentSchema.nullable()
    })
  },
  ({ service: { organization, connections }, clientId }) => {
    const linked = connections.of(clientId)?.environmentId;
    return {
      user: organization.user,
      organization: { id: organization.id, name: organization.name },
      environments: [...organization.environments],
      linked_environment: organization.environments.find(({ id }) => id === linked) ?? null
    };
  }
);

export const createClientToken = environmentTool(
  {
    name: "create_client_token",
    title: "Create a Client Key",
    description:
      "Create publishable Client Keys for frontend SDK integrations. This tool creates client keys only, not server keys.",
    annotations: additive,
    input: z.object({
      name: z.string().min(1).describe("What the key is for."),
      scopes: z.array(z.string()).optional(),
      allow_unsigned_upload: z.boolean().nullish(),
      maximum_upload_bytes: z.int().min(5_120).max(104_857_600).nullish(),
      allowed_mime_types: z.array(z.string()).nullish(),
      maximum_pending_uploads: z.int().min(5).nullish()
    }),
    output: ClientKeySchema
  },
  ({ service, environmentId }, settings) => service.clientKeys.create(environmentId, settings)
);

export const getServerTokenDashboardLink = accountTool(
  {
    name: "get_server_token_dashboard_link",
    title: "Link to Server API Keys",
    description: "Return the dashboard URL where you can create a Server API Key yourself.",
    annotations: readOnly,
    input: z.object({}),
    output: z.object({ url: z.string() })
  },
  ({ service }) => ({ url: `${service.dashboardUrl}api-keys` })
);
