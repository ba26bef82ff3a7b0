import { z } from "zod";
import { ImageDownloadJobSchema, uuid } from "../../schemas.ts";
import { additive, environmentTool, readOnly } from "../tool.ts";

export const createBulkImageDownload = environmentTool(
  {
    name: "create_bulk_image_download",
    title: "Create a bulk download",
    description:
      "Prepare a bulk image download job: a ZIP of the images, to be fetched once the job is READY.",
    annotations: additive,
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
    annotations: readOnly,
    input: z.object({ image_download_job_id: uuid }),
    output: ImageDownloadJobSchema
  },
  ({ service, environmentId }, { image_download_job_id }) =>
    service.downloads.get(environmentId, image_download_job_id)
);
