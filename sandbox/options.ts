import { parseArgs } from "node:util";
import type { Era } from "./mcp/server.ts";

/** A sandbox's options; all have defaults. */
export interface SandboxOptions {
  /** The MCP server's port; the other origins use the ports after it if they are free. 0 for any port. */
  port: number;
  era: Era;
  /** Approve consent without a click. */
  autoApprove: boolean;
  /** The names of the Environments; the first one is the default. */
  environments: string[];
  /**
   * The Environment that automatic consent links and the consent page preselects; `none` for none. By
   * default, the first.
   */
  link: string | undefined;
  /** In seconds. */
  accessTokenTtl: number;
  /** Whether using a refresh token a second time revokes the grant, without a grace period. */
  strictRotation: boolean;
  /** The delay of every hosted MCP call in milliseconds. */
  latencyMs: number;
  /** Milliseconds from an image's last byte to READY. */
  processingMs: number;
  /** The lifetime of a presigned URL in seconds. */
  urlTtl: number;
}

export const defaults: SandboxOptions = {
  port: 0,
  era: "both",
  autoApprove: false,
  environments: ["production", "staging"],
  link: undefined,
  accessTokenTtl: 300,
  strictRotation: false,
  latencyMs: 0,
  processingMs: 200,
  urlTtl: 900
};

/** The parsed command line. */
export type Request = { help: true } | { help: false; json: boolean; options: SandboxOptions };

/** The command line is invalid; the message says what to type instead. */
export class UsageError extends Error {}

export const usage = `Usage: npm run sandbox -- [options]

Starts the hosted Imgwire service on 127.0.0.1: OAuth, MCP server, store, CDN and dashboard.

  --port <n>              port of the MCP server (default: any free one)
  --json                  print one JSON line with the URLs when ready
  --era <era>             legacy, modern or both (default: both)
  --auto-approve          consent without a click
  --environments <a,b>    names of the Environments (default: production,staging)
  --link <name>|none      Environment that a consent links (default: the first)
  --access-token-ttl <s>  lifetime of access tokens in seconds (default: 300)
  --strict-rotation       revoke the sign-in if a refresh token is used twice
  --latency <ms>          delay of every hosted MCP call (default: 0)
  --processing <ms>       time from an image's last byte to READY (default: 200)
  --url-ttl <s>           lifetime of presigned URLs in seconds (default: 900)
  --help                  show this

It stops on SIGTERM, on SIGINT and when its standard input closes.
`;

/**
 * Parses a command line.
 * @throws {UsageError}
 */
export function parseCommandLine(args: readonly string[]): Request {
  const { values } = parse(args);
  if (values.help) return { help: true };
  const environments = values.environments?.split(",").map((name) => name.trim()) ?? defaults.environments;
  const options: SandboxOptions = {
    port: integer("port", values.port, 0, 65_535) ?? defaults.port,
    era: eraOf(values.era),
    autoApprove: values["auto-approve"] ?? false,
    environments,
    link: values.link,
    accessTokenTtl: integer("access-token-ttl", values["access-token-ttl"], 1) ?? defaults.accessTokenTtl,
    strictRotation: values["strict-rotation"] ?? false,
    latencyMs: integer("latency", values.latency, 0) ?? defaults.latencyMs,
    processingMs: integer("processing", values.processing, 0) ?? defaults.processingMs,
    urlTtl: integer("url-ttl", values["url-ttl"], 1, 604_800) ?? defaults.urlTtl
  };
  checkEnvironments(options);
  return { help: false, json: values.json ?? false, options };
}

/** @throws {UsageError} if names are missing or repeated, or the linked one is not among them */
export function checkEnvironments({
  environments,
  link
}: Pick<SandboxOptions, "environments" | "link">): void {
  if (environments.includes("") || new Set(environments).size !== environments.length) {
    throw new UsageError(
      `--environments takes distinct names separated by commas, not "${environments.join(",")}"`
    );
  }
  if (link !== undefined && link !== "none" && !environments.includes(link)) {
    throw new UsageError(`--link takes "none" or one of ${environments.join(", ")}, not "${link}"`);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        json: { type: "boolean" },
        era: { type: "string" },
        "auto-approve": { type: "boolean" },
        environments: { type: "string" },
        link: { type: "string" },
        "access-token-ttl": { type: "string" },
        "strict-rotation": { type: "boolean" },
        latency: { type: "string" },
        processing: { type: "string" },
        "url-ttl": { type: "string" },
        help: { type: "boolean", short: "h" }
      }
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function eraOf(value: string | undefined): Era {
  if (value === undefined) return defaults.era;
  if (value === "legacy" || value === "modern" || value === "both") return value;
  throw new UsageError(`--era takes legacy, modern or both, not "${value}"`);
}

function integer(
  name: string,
  value: string | undefined,
  min: number,
  max = 2 ** 31 - 1
): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= min && number <= max) return number;
  throw new UsageError(`--${name} takes a whole number from ${min} to ${max}, not "${value}"`);
}
