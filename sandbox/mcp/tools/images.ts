import { z } from "zod";
import {
  ImageSchema,
  StandardUploadCreateSchema,
  StandardUploadResponseSchema,
  UploadViaUrlCreateSchema,
  uuid
} from "../../schemas.ts";
import { additive, environmentTool, readOnly } from "../tool.ts";
import { importFrom } from "../../images/import.ts";

export const uploadImage = environmentTool(
  {
    name: "upload_image",
    title: "Upload an image",
    description:
      "Create a standard upload and presigned upload URL for a local file. Send the bytes directly to the returned URL: PUT, with the image's mime_type as Content-Type.",
    annotations: additive,
    input: StandardUploadCreateSchema,
    output: StandardUploadResponseSchema
  },
  async ({ service, environmentId }, upload) => {
    const image = service.images.create(environmentId, upload);
    return { image: { ...image }, upload_url: await service.store.uploadUrl(image, upload.content_length) };
  }
);

export const uploadImageViaUrl = environmentTool(
  {
    name: "upload_image_via_url",
    title: "Import an image",
    description:
      "Import an image from a remote or temporary asset URL, such as a URL returned by an image generation API.",
    annotations: { ...additive, openWorldHint: true },
    input: UploadViaUrlCreateSchema,
    output: ImageSchema
  },
  async ({ service, environmentId, progress }, upload) => importFrom(service, environmentId, upload, progress)
);

export const retrieveImage = environmentTool(
  {
    name: "retrieve_image",
    title: "Retrieve an image",
    description: "Inspect an image record or poll after upload until it is ready for delivery.",
    annotations: readOnly,
    input: z.object({ image_id: uuid }),
    output: ImageSchema
  },
  ({ service, environmentId }, { image_id }) => service.images.get(environmentId, image_id)
);

export const listImages = environmentTool(
  {
    name: "list_images",
    title: "List images",
    description: "List image records with pagination, the newest first.",
    annotations: readOnly,
    input: z.object({ page: z.int().min(1).default(1), limit: z.int().min(1).max(100).default(20) }),
    output: z.object({ images: z.array(ImageSchema), page: z.int(), limit: z.int(), total: z.int() })
  },
  ({ service, environmentId }, { page, limit }) => {
    const all = service.images.list(environmentId);
    return { images: all.slice((page - 1) * limit, page * limit), page, limit, total: all.length };
  }
);
