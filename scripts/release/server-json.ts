import { DEFAULT_URL, SETTINGS } from "../../src/config/definitions.ts";
import type { Project } from "./project.ts";

/** A finished bundle for desktop agents. */
export interface Bundle {
  /** Its file name in the release. */
  file: string;
  /** Lower-case hexadecimal. */
  sha256: string;
}

/**
 * Returns the entry for the MCP registry: the npm package, the hosted server and, once built, the bundle.
 * @see https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json
 */
export function serverJson(project: Project, bundle?: Bundle): object {
  const transport = { type: "stdio" };
  const npm = {
    registryType: "npm",
    identifier: project.name,
    version: project.version,
    runtimeHint: "npx",
    transport,
    environmentVariables: SETTINGS.filter(({ env }) => env?.startsWith("IMGWIRE_")).map((setting) => ({
      name: setting.env,
      description: setting.describe,
      isRequired: false,
      isSecret: setting.secret === true,
      ...(setting.choices && { choices: setting.choices })
    }))
  };
  const mcpb = bundle && {
    registryType: "mcpb",
    identifier: project.asset(bundle.file),
    version: project.version,
    fileSha256: bundle.sha256,
    transport
  };
  return {
    $schema: "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
    name: project.mcpName,
    title: "Imgwire",
    description: "Upload images from disk to Imgwire, get CDN URLs, and manage image delivery.",
    version: project.version,
    websiteUrl: "https://imgwire.dev",
    repository: { url: project.repository, source: "github" },
    icons: [
      {
        src: `https://raw.githubusercontent.com/${project.slug}/v${project.version}/icon.png`,
        mimeType: "image/png",
        sizes: ["512x512"]
      }
    ],
    packages: mcpb ? [npm, mcpb] : [npm],
    remotes: [{ type: "streamable-http", url: DEFAULT_URL }]
  };
}
