import { z } from "zod";
import { ImageDownloadJobSchema } from "../../schemas.ts";
import { environmentTool } from "../tool.ts";

const uuid = z.string().meta({ format: "uuid" });

export const createBulkImageDownload = environmentTool(
  {
    name: "create_bulk_image_download",
    title: "Create a bulk download",
    description:
      "Prepare a bulk image download job: a ZIP of the images, to be fetched once the job is READY.",
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    input: z.object({ image_ids: z.array(uuid).min(1) }),
    output: ImageDownloadJobSchema
  },
  ({ service, environmentId }, { image_ids }) => ({ ...service.downloads.create(environmentId, image_ids) })
);

export const retrieveBulkImageDownload = environmentTool(
  {
    name: "retrieve_bulk_image_download",
    title: "Retrieve a bulk download",
    description: "Inspect a bulk image download job, and get its download_url when it is READY.",
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input: z.object({ image_download_job_id: uuid }),
    output: ImageDownloadJobSchema
  },
  ({ service, environmentId }, { image_download_job_id }) =>
    service.downloads.get(environmentId, image_download_job_id)
);
