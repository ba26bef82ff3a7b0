import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import type { HostedTools } from "../../src/mcp/calls/hosted-tools.ts";
import type { LocalCallContext } from "../../src/mcp/local/local-tool.ts";
import type { Storage } from "./storage.ts";

interface Image extends Record<string, unknown> {
  id: string;
  status: string;
  hash_sha256: unknown;
}

/** The hosted image tools in memory, in front of a real storage. */
export interface Hosted {
  tools: HostedTools;
  byName: ReadonlyMap<string, Tool>;
  /** Every call: name and arguments. */
  calls: { name: string; args: Record<string, unknown> }[];
  images: Map<string, Image>;
  /** How often `retrieve_image` returns PROCESSING before READY. */
  processing: number;
  /** The final status of images. */
  outcome: "READY" | "QUARANTINE";
  /** Additional members of image records. */
  record: Record<string, unknown>;
  /** Queries of successive upload URLs; the last one repeats. */
  queries: string[];
}

const IMAGE = { type: "object", properties: { id: { type: "string" }, status: { type: "string" } } };

export const UPLOAD_TOOL: Tool = {
  name: "upload_image",
  title: "Upload an image",
  description: "Create a standard upload.",
  inputSchema: {
    type: "object",
    properties: {
      file_name: { type: "string", minLength: 1 },
      mime_type: { type: "string" },
      content_length: { type: "integer" },
      hash_sha256: { type: "string" },
      idempotency_key: { type: "string" },
      purpose: { type: "string" },
      custom_metadata: { type: "object" }
    },
    required: ["file_name"]
  },
  outputSchema: {
    type: "object",
    properties: { image: IMAGE, upload_url: { type: "string" } },
    required: ["image", "upload_url"]
  }
};

export const RETRIEVE_TOOL: Tool = {
  name: "retrieve_image",
  inputSchema: { type: "object", properties: { image_id: { type: "string" } }, required: ["image_id"] }
};

export function hostedIn(storage: Storage, tools: readonly Tool[] = [UPLOAD_TOOL, RETRIEVE_TOOL]): Hosted {
  const byKey = new Map<string, Image>();
  const hosted: Hosted = {
    byName: new Map(tools.map((tool) => [tool.name, tool])),
    calls: [],
    images: new Map(),
    processing: 0,
    outcome: "READY",
    record: {},
    queries: [""],
    tools: {
      list: () => Promise.resolve([...tools]),
      call(name, args) {
        hosted.calls.push({ name, args });
        return Promise.resolve(name === "upload_image" ? create(args) : retrieve(args));
      }
    }
  };

  function create(args: Record<string, unknown>): CallToolResult {
    const key = (args["idempotency_key"] as string | undefined) ?? crypto.randomUUID();
    const image = byKey.get(key) ?? {
      id: crypto.randomUUID(),
      status: "PENDING",
      hash_sha256: args["hash_sha256"],
      cdn_url: "https://cdn.example/x",
      ...hosted.record
    };
    byKey.set(key, image);
    hosted.images.set(image.id, image);
    const query = hosted.queries.length > 1 ? hosted.queries.shift() : hosted.queries[0];
    return answer({ image: { ...image }, upload_url: new URL(`${image.id}${query}`, storage.url).href });
  }

  function retrieve(args: Record<string, unknown>): CallToolResult {
    const image = hosted.images.get(String(args["image_id"]));
    if (!image) return answer({ detail: "No such image.", error_type: "ResourceNotFoundError" }, true);
    const stored = storage.objects.get(`/${image.id}`);
    if (stored && hosted.processing-- <= 0) image.status = hosted.outcome;
    else if (stored) image.status = "PROCESSING";
    return answer({ image: { ...image } });
  }

  return hosted;
}

function answer(fields: Record<string, unknown>, isError = false): CallToolResult {
  const content = [{ type: "text" as const, text: JSON.stringify(fields) }];
  return isError ? { content, isError } : { content, structuredContent: fields };
}

/** The context of one call, as a local tool receives it from the bridge. */
export function contextOf(hosted: Hosted, more: Partial<LocalCallContext> = {}): LocalCallContext {
  return {
    hosted: hosted.tools,
    hostedTools: () => Promise.resolve(hosted.byName),
    signal: new AbortController().signal,
    progress: () => undefined,
    roots: () => Promise.resolve([]),
    takesLinks: true,
    elicit: undefined,
    ...more
  };
}
