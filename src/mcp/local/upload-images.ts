import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { explain, UsageError } from "../../errors.ts";
import type { FileOutcome } from "../../transfer/batch.ts";
import { described, isStrings, type LocalTool, UPLOADS } from "./local-tool.ts";
import { positionNote, STRIP_METADATA, stripsMetadata } from "./metadata.ts";
import { type FileAccess, pathPolicyFor } from "./file-access.ts";
import { factFor } from "../service/schemas.ts";

const PATHS = {
  type: "array",
  items: { type: "string" },
  minItems: 1,
  description:
    'Local image files or glob patterns, for example ["docs/**/*.png", "~/Pictures/team.jpg"]: relative to the project, absolute, ~/... or file://....'
};

const RECURSIVE = {
  type: "boolean",
  description: "Also upload what is in folders named in `paths`, at all depths. Default false."
};

const OUTPUT = {
  type: "object",
  properties: {
    uploaded: { type: "integer", description: "Files that were uploaded now." },
    already_there: { type: "integer", description: "Files that Imgwire already had." },
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
          error: { type: "string" },
          note: { type: "string" }
        },
        required: ["path", "state"]
      }
    },
    omitted: { type: "integer", description: "Files that are counted but not listed." },
    note: { type: "string" }
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
      const { paths, recursive, strip_metadata, ...given } = args;
      if (!isStrings(paths)) throw new UsageError("`paths` must be a non-empty array of strings.");
      const [{ gatherFiles }, { uploadAll }, { hostedUploads }] = await Promise.all([
        import("../../transfer/gather.ts"),
        import("../../transfer/batch.ts"),
        import("../service/transfers.ts")
      ]);
      const policy = await pathPolicyFor(access, context);
      const { signal } = context;
      const files = await gatherFiles(paths, policy, { recursive: recursive === true, signal });
      const outcomes = await uploadAll(files, {
        service: hostedUploads(context, { given, environment: access.environment() }),
        http: access.http,
        policy,
        ask: access.consent(context),
        stripMetadata: stripsMetadata(strip_metadata, access.stripMetadata),
        onFile: (_, finished) =>
          context.progress({
            progress: finished,
            total: files.length,
            message: `Uploaded ${finished} of ${files.length} files`
          }),
        signal
      });
      return resultOf(outcomes);
    }
  };
}

/** What the hosted tool takes beside the facts of a file is taken here too, for every file. */
function describeMany(tool: Tool): Tool {
  const { required, properties = {} } = tool.inputSchema;
  const shared = Object.entries(properties)
    .filter(([name]) => factFor(name) === undefined)
    .map(([name, schema]) => [name, described(name, schema)] as const);
  const demanded = required?.filter((name) => factFor(name) === undefined) ?? [];
  return {
    name: "upload_images",
    title: "Upload many local images",
    description:
      "Upload many local image files in one call. Each file is uploaded and waited for. Failures don't stop the others. " +
      "Safe to repeat: files already on Imgwire are skipped.",
    inputSchema: {
      type: "object",
      properties: {
        paths: PATHS,
        recursive: RECURSIVE,
        strip_metadata: STRIP_METADATA,
        ...Object.fromEntries(shared)
      },
      required: ["paths", ...demanded]
    },
    outputSchema: OUTPUT,
    annotations: UPLOADS
  };
}

/** Text that a result may take; what a model is handed of a call is not to fill its window. */
const MAX_RESULT_CHARS = 20_000;
/** What the counts around the files take of it. */
const MAX_FRAME_CHARS = 500;

/** Counts, then as many files as fit: those that failed first. */
function resultOf(outcomes: readonly FileOutcome[]): CallToolResult {
  const all = outcomes.map(summaryOf);
  const sent = outcomes.filter((outcome) => "uploaded" in outcome && outcome.uploaded.sent).length;
  const failures = all.filter(({ state }) => state === "failed");
  const files: Summary[] = [];
  let size = MAX_FRAME_CHARS;
  for (const file of [...failures, ...all.filter(({ state }) => state !== "failed")]) {
    size += JSON.stringify(file).length + 1;
    if (size > MAX_RESULT_CHARS) break;
    files.push(file);
  }
  const structuredContent = {
    uploaded: sent,
    already_there: all.length - sent - failures.length,
    failed: failures.length,
    files,
    ...(files.length < all.length && {
      omitted: all.length - files.length,
      note: "Not all files are listed. Call again with fewer paths to see the rest: files already on Imgwire are skipped."
    })
  };
  const content = [{ type: "text" as const, text: JSON.stringify(structuredContent) }];
  return { content, structuredContent, ...(failures.length === all.length && { isError: true }) };
}

type Summary = { path: string; state: string } & Record<string, unknown>;

function summaryOf(outcome: FileOutcome): Summary {
  const { path } = outcome;
  if ("error" in outcome) {
    return { path, state: "failed", error: explain(outcome.error, "agent").slice(0, MAX_ERROR_CHARS) };
  }
  const { image, state, file } = outcome.uploaded;
  const { cdn_url } = image;
  const note = [file.mismatch, positionNote(file)].filter((each) => each !== undefined).join(" ");
  return { path, image_id: image.id, cdn_url, state, ...(note && { note }) };
}

const MAX_ERROR_CHARS = 1_000;
