import type { Tool } from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import {
  describeArgument,
  ICONS,
  isStrings,
  type LocalTool,
  STRIP_METADATA,
  stripsMetadata,
  UPLOADS
} from "./local-tool.ts";
import { type FileAccess, pathPolicyFor } from "./file-access.ts";
import { factFor } from "../service/schemas.ts";
import { uploadsResult } from "./upload-result.ts";

const PATHS = {
  type: "array",
  items: { type: "string" },
  minItems: 1,
  description:
    'Local image files or glob patterns, for example ["docs/**/*.png", "~/Pictures/team.jpg"]: relative to the project, absolute, ~/... or file://....'
};

const RECURSIVE = {
  type: "boolean",
  description: "Set to true to also upload what is in folders named in `paths`, at all depths. Default false."
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
    list_file: { type: "string", description: "Local JSON file that lists all of them." },
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
      return uploadsResult(outcomes);
    }
  };
}

/** Describes the tool. It also accepts the hosted tool's other arguments, and applies them to every file. */
function describeMany(tool: Tool): Tool {
  const { required, properties = {} } = tool.inputSchema;
  const shared = Object.entries(properties)
    .filter(([name]) => factFor(name) === undefined)
    .map(([name, schema]) => [name, describeArgument(name, schema)] as const);
  const demanded = required?.filter((name) => factFor(name) === undefined) ?? [];
  return {
    name: "upload_images",
    title: "Upload many local images",
    icons: ICONS,
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
