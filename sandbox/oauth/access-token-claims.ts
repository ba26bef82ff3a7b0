import type { Organization } from "../account/organization.ts";

const resources = [
  "images",
  "uploads",
  "downloads",
  "environments",
  "api_keys",
  "metrics",
  "billing",
  "members",
  "domains",
  "webhooks"
];
const actions = ["read", "list", "create", "update", "archive"];

/** The claims that the identity provider adds to access tokens, enough to make them realistically long. */
export function accessTokenClaims(organization: Organization): Record<string, unknown> {
  return {
    sid: `session_${organization.id.replaceAll("-", "").toUpperCase()}`,
    org_id: `org_${organization.id.replaceAll("-", "").toUpperCase()}`,
    role: "admin",
    roles: ["admin", "member"],
    permissions: resources.flatMap((resource) => actions.map((action) => `${resource}:${action}`)),
    entitlements: ["custom-domains", "bulk-downloads", "watermarks", "signed-uploads"],
    feature_flags: ["mcp-server", "avif-delivery", "metrics-v2", "environment-binding"]
  };
}
