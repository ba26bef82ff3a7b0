import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { explain, UsageError } from "../../errors.ts";
import type { FileOutcome } from "../../transfer/batch.ts";
import type { LocalTool } from "./local-tool.ts";
import { factFor } from "../service/arguments.ts";
import { type FileAccess, pathPolicyFor } from "./file-access.ts";

const PATHS = {
  type: "array",
  items: { type: "string" },
  minItems: 1,
  description:
    "Local image files: absolute paths, ~/..., file://..., paths relative to the project, or glob patterns such as docs/**/*.png."
};

const RECURSIVE = {
  type: "boolean",
  description: "Also enter folders that are named in `paths`, at all depths."
};

const OUTPUT = {
  type: "object",
  properties: {
    uploaded: { type: "integer", description: "Files that were sent." },
    already_there: { type: "integer", description: "Files that the service had already." },
    failed: { type: "integer" },
    files: {
      type: "array",
      items: {
        type: "object",
        properties: {
          path: { type: "string" },
          image_id: { type: "string" },
          cdn_url: { type: "string" },
          state: { type: "string", enum: ["ready", "processing", "failed"] },
          error: { type: "string" }
        },
        required: ["path", "state"]
      }
    }
  },
  required: ["uploaded", "already_there", "failed", "files"]
} satisfies Tool["outputSchema"];

/** `upload_images`: many local files in one call, with one short result each. */
export function uploadImagesTool(access: FileAccess): LocalTool {
  return {
    name: "upload_images",
    describe(hosted) {
      const tool = hosted.get("upload_image");
      return tool && hosted.has("retrieve_image") ? describeMany(tool) : undefined;
    },
    handles: () => true,
    async call(args, context) {
      const { paths, recursive, ...given } = args;
      if (!isTexts(paths)) throw new UsageError("`paths` must be a list of texts with at least one in it.");
      const [{ gatherFiles }, { uploadAll }, { hostedUploads }] = await Promise.all([
        import("../../transfer/gather.ts"),
        import("../../transfer/batch.ts"),
        import("../service/uploads.ts")
      ]);
      const policy = await pathPolicyFor(access, context);
      const { signal } = context;
      const files = await gatherFiles(paths, policy, { recursive: recursive === true, signal });
      const outcomes = await uploadAll(files, {
        service: hostedUploads(context, { given, environment: access.environment() }),
        http: access.http,
        policy,
        ask: access.consent(context),
        onFile: (_, finished) =>
          context.progress({ progress: finished, total: files.length, message: "Uploading" }),
        signal
      });
      return resultOf(outcomes);
    }
  };
}

/** What the hosted tool takes beside the facts of a file is taken here too, for every file. */
function describeMany(tool: Tool): Tool {
  const { required, properties = {} } = tool.inputSchema;
  const shared = Object.entries(properties).filter(([name]) => factFor(name) === undefined);
  const demanded = required?.filter((name) => factFor(name) === undefined) ?? [];
  return {
    name: "upload_images",
    title: "Upload many local images",
    description:
      "Upload many local image files in one call: each is read, sent and waited for by this program. A file that " +
      "fails does not stop the others, and files that the service has already are not sent again, so the same call may be repeated.",
    inputSchema: {
      type: "object",
      properties: { paths: PATHS, recursive: RECURSIVE, ...Object.fromEntries(shared) },
      required: ["paths", ...demanded]
    },
    outputSchema: OUTPUT,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false }
  };
}

/** Whether a value is a list of texts with something in it. */
export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string");
}

function resultOf(outcomes: readonly FileOutcome[]): CallToolResult {
  const files = outcomes.map(summaryOf);
  const sent = outcomes.filter((outcome) => "uploaded" in outcome && outcome.uploaded.sent).length;
  const failed = files.filter(({ state }) => state === "failed").length;
  const structuredContent = {
    uploaded: sent,
    already_there: files.length - sent - failed,
    failed,
    files
  };
  const content = [{ type: "text" as const, text: JSON.stringify(structuredContent) }];
  return { content, structuredContent, ...(failed === files.length && { isError: true }) };
}

function summaryOf(outcome: FileOutcome): { path: string; state: string } & Record<string, unknown> {
  const { path } = outcome;
  if ("error" in outcome) return { path, state: "failed", error: explain(outcome.error, "agent") };
  const { image, state, file } = outcome.uploaded;
  const { cdn_url } = image;
  return { path, image_id: image.id, cdn_url, state, ...(file.mismatch && { note: file.mismatch }) };
}
