import type { DownloadJob, DownloadService } from "../../transfer/service.ts";
import { parseTarget } from "../../transfer/signed-request.ts";
import { soleArgument } from "./arguments.ts";
import { asFields, type Fields, fieldsOf, unexpected } from "./result.ts";
import type { HostedContext } from "./uploads.ts";

const CREATE = "create_bulk_image_download";
const RETRIEVE = "retrieve_bulk_image_download";

/** Bulk downloads by way of the two hosted tools, whose live schemas say how their arguments are called. */
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
