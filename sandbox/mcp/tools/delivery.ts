import { z } from "zod";
import { notAllowed } from "../../account/domain-error.ts";
import { uuid } from "../../schemas.ts";
import { parseTransforms, presets, TransformError } from "../../cdn/transforms.ts";
import { environmentTool, readOnly } from "../tool.ts";

export const getImageUrl = environmentTool(
  {
    name: "get_image_url",
    title: "Get a delivery URL",
    description: "Generate transformed Imgwire CDN URLs for an image ID.",
    annotations: readOnly,
    input: z.object({
      image_id: uuid,
      preset: z.enum(Object.keys(presets)).optional(),
      width: z.int().min(1).max(8_192).optional(),
      height: z.int().min(1).max(8_192).optional(),
      format: z.enum(["auto", "jpg", "jpeg", "png", "webp", "avif", "gif", "tiff"]).optional(),
      quality: z.union([z.int().min(1).max(100), z.literal("auto")]).optional(),
      resizing_type: z.enum(["cover", "contain", "fill", "inside", "outside"]).optional(),
      dpr: z.number().optional(),
      gravity: z.string().optional(),
      crop: z.string().optional().describe("left,top,width,height in source pixels."),
      blur: z.number().optional(),
      sharpen: z.number().optional(),
      rotate: z.int().optional(),
      flip: z.boolean().optional(),
      flop: z.boolean().optional(),
      grayscale: z.boolean().optional(),
      background: z.string().optional().describe("A colour such as ff8800.")
    }),
    output: z.object({ image_id: z.string(), url: z.string() })
  },
  ({ service, environmentId }, { image_id, preset, ...transforms }) => {
    const image = service.images.get(environmentId, image_id);
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(transforms)) query.set(name, String(value));
    try {
      parseTransforms(query);
    } catch (error) {
      if (error instanceof TransformError) throw notAllowed(error.message);
      throw error;
    }
    const url = image.cdn_url + (preset ? `@${preset}` : "") + (query.size > 0 ? `?${query.toString()}` : "");
    return { image_id, url };
  }
);
