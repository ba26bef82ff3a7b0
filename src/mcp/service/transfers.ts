import type { Tool } from "@modelcontextprotocol/client";
import { ImgwireError } from "../../errors.ts";
import { sha256 } from "../../system/file-key.ts";
import type { FileFacts } from "../../transfer/inspect.ts";
import type {
  CreatedUpload,
  DownloadJob,
  DownloadService,
  ImageRecord,
  UploadService
} from "../../transfer/service.ts";
import { parseTarget, type UploadTarget } from "../../transfer/signed-request.ts";
import type { HostedTools } from "../calls/hosted-tools.ts";
import {
  argumentNames,
  asFields,
  type Fact,
  factFor,
  type Fields,
  fieldsOf,
  soleArgument,
  unexpected
} from "./schemas.ts";

/** What calls of hosted tools need. Local tools and the command line each provide their own. */
export interface HostedContext {
  hosted: HostedTools;
  /** The hosted tools by name, as the server lists them now. Their schemas define the arguments. */
  hostedTools: () => Promise<ReadonlyMap<string, Tool>>;
  /** Aborted when the call is cancelled or its caller goes away. */
  signal: AbortSignal;
}

/** What all files of a call share. */
export interface UploadRequest {
  /** Arguments given for the hosted `upload_image`. They override those that would be filled in. */
  given: Fields;
  /** The current Environment, if it is known. The same file in two Environments is two images. */
  environment: string | undefined;
}

const URL_FIELDS = ["upload_url", "uploadUrl", "presigned_url", "presigned_upload_url"];
const HEADER_FIELDS = ["upload_headers", "required_headers", "headers"];

/**
 * Uploads through the hosted tools `upload_image` and `retrieve_image`, whose live schemas define the
 * arguments.
 */
export function hostedUploads(context: HostedContext, request: UploadRequest): UploadService {
  return {
    async create(file, replaces) {
      const args = uploadArguments(
        argumentNames((await context.hostedTools()).get("upload_image")),
        request,
        file,
        replaces
      );
      const repeatable = Object.keys(args).some((name) => factFor(name) === "idempotencyKey");
      const result = await context.hosted.call("upload_image", args, { signal: context.signal, repeatable });
      return createdUpload(fieldsOf("upload_image", result), args);
    },
    async retrieve(imageId) {
      const argument = soleArgument((await context.hostedTools()).get("retrieve_image"), "image_id");
      const options = { signal: context.signal, repeatable: true };
      const result = await context.hosted.call("retrieve_image", { [argument]: imageId }, options);
      return imageIn("retrieve_image", fieldsOf("retrieve_image", result));
    }
  };
}

/**
 * The arguments for one file: those given, and every fact for which the live schema has an argument.
 * @throws ImgwireError `argument_contradicts_file` if a given size or hash isn't the file's
 */
function uploadArguments(
  names: readonly string[],
  { given, environment }: UploadRequest,
  file: FileFacts,
  replaces?: string
): Record<string, unknown> {
  const facts: Record<Fact, unknown> = {
    ...file,
    idempotencyKey: idempotencyKey(file, given, [environment, replaces])
  };
  const args: Record<string, unknown> = { ...given };
  for (const name of names) {
    const fact = factFor(name);
    if (fact && args[name] === undefined) args[name] = facts[fact];
  }
  refuseContradiction(args, file);
  return args;
}

/**
 * Derived from the content, name, arguments, Environment and replaced image, so that a retry or a second run
 * doesn't create a second image.
 */
function idempotencyKey(
  file: FileFacts,
  given: Fields,
  circumstances: readonly (string | undefined)[]
): string {
  const rest = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = JSON.stringify([file.sha256, file.fileName, rest, circumstances]);
  return `imgwire-mcp-${sha256(content)}`;
}

function refuseContradiction(args: Fields, file: FileFacts): void {
  for (const [name, value] of Object.entries(args)) {
    const fact = factFor(name);
    if (fact !== "size" && fact !== "sha256") continue;
    if (String(value).toLowerCase() === String(file[fact])) continue;
    throw new ImgwireError(
      "argument_contradicts_file",
      `${name} is ${String(value)}, but the file's is ${file[fact]}. Nothing was sent.`,
      { hint: `Leave ${name} out: it is filled in from the file.` }
    );
  }
}

function createdUpload(fields: Fields, args: Fields): CreatedUpload {
  const image = imageIn("upload_image", fields);
  const url = URL_FIELDS.map((name) => fields[name]).find((value) => typeof value === "string");
  return { image, target: url ? targetOf(url, fields, args) : undefined };
}

function targetOf(url: string, fields: Fields, args: Fields): UploadTarget {
  const named = HEADER_FIELDS.map((name) => asFields(fields[name])).find((headers) => headers !== undefined);
  const type = Object.entries(args).find(([name]) => factFor(name) === "mimeType")?.[1];
  return parseTarget(url, { ...(typeof type === "string" && { "content-type": type }), ...named });
}

function imageIn(tool: string, fields: Fields): ImageRecord {
  const image = asFields(fields["image"]) ?? fields;
  if (typeof image["id"] === "string" && typeof image["status"] === "string") return image as ImageRecord;
  throw unexpected(tool, "no image record");
}

const CREATE = "create_bulk_image_download";
const RETRIEVE = "retrieve_bulk_image_download";

/** Bulk downloads through two hosted tools, whose live schemas define the names of their arguments. */
export function hostedDownloads(context: HostedContext): DownloadService {
  const call = async (
    tool: string,
    value: unknown,
    expected: string,
    repeatable: boolean
  ): Promise<DownloadJob> => {
    const argument = soleArgument((await context.hostedTools()).get(tool), expected);
    const options = { signal: context.signal, repeatable };
    const result = await context.hosted.call(tool, { [argument]: value }, options);
    return jobIn(tool, fieldsOf(tool, result));
  };
  return {
    create: (imageIds) => call(CREATE, imageIds, "image_ids", false),
    retrieve: (jobId) => call(RETRIEVE, jobId, "image_download_job_id", true)
  };
}

function jobIn(tool: string, fields: Fields): DownloadJob {
  const job = asFields(fields["job"]) ?? asFields(fields["image_download_job"]) ?? fields;
  const { id, status, download_url: url } = job;
  if (typeof id !== "string" || typeof status !== "string") throw unexpected(tool, "no download job");
  return { id, status, downloadUrl: typeof url === "string" ? parseTarget(url, {}).url : undefined };
}
