import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { serverJson } from "../../scripts/release/server-json.ts";
import { readProject } from "../../scripts/release/project.ts";
import { ROOT } from "../support/program.ts";

const version = z.string().regex(/^\d+\.\d+\.\d+(-[\w.]+)?$/, "a version, not a range");
const variable = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  isRequired: z.boolean(),
  isSecret: z.boolean(),
  choices: z.array(z.string()).min(1).optional()
});
const transport = z.strictObject({ type: z.literal("stdio") });

/** What the registry asks of an entry (server.schema.json of 2025-12-11), as far as ours has it. */
const ENTRY = z.strictObject({
  $schema: z.literal("https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"),
  name: z
    .string()
    .min(3)
    .max(200)
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(100),
  version,
  websiteUrl: z.url(),
  repository: z.strictObject({ url: z.url(), source: z.literal("github") }),
  icons: z.array(z.strictObject({ src: z.url().max(255), mimeType: z.string(), sizes: z.array(z.string()) })),
  packages: z.array(
    z.discriminatedUnion("registryType", [
      z.strictObject({
        registryType: z.literal("npm"),
        identifier: z.string(),
        version,
        runtimeHint: z.literal("npx"),
        transport,
        environmentVariables: z.array(variable)
      }),
      z.strictObject({
        registryType: z.literal("mcpb"),
        identifier: z.url(),
        version,
        fileSha256: z.string().regex(/^[a-f0-9]{64}$/),
        transport
      })
    ])
  ),
  remotes: z.array(z.strictObject({ type: z.literal("streamable-http"), url: z.url() }))
});

it("writes an entry that the registry's rules accept, with the bundle and without [release.registry-entry]", () => {
  const project = readProject();
  const committed: unknown = JSON.parse(readFileSync(join(ROOT, "server.json"), "utf8"));
  const released = serverJson(project, { file: "x.mcpb", sha256: "a".repeat(64) });
  expect(ENTRY.parse(committed).packages.map(({ registryType }) => registryType)).toEqual(["npm"]);
  expect(ENTRY.parse(released).packages.map(({ registryType }) => registryType)).toEqual(["npm", "mcpb"]);
  expect(ENTRY.parse(committed).name).toBe(project.mcpName);
});
