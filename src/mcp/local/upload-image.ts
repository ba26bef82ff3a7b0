import { UsageError } from "../../errors.ts";
import { byteProgress, type FileAccess, pathPolicyFor } from "./file-access.ts";
import type { LocalTool } from "./local-tool.ts";
import { stripsMetadata } from "./metadata.ts";
import { previewOf } from "./preview.ts";
import { embedOf } from "../service/delivery-url.ts";
import { describeWithPath } from "./upload-image-schema.ts";
import { resultOf, withStructuredContent } from "./upload-image-result.ts";

/**
 * `upload_image` with `path`: uploads a local file. Without `path` the hosted tool of the same name is
 * called.
 */
export function uploadImageTool(access: FileAccess): LocalTool {
  return {
    name: "upload_image",
    describe(hosted) {
      const tool = hosted.get("upload_image");
      return tool && hosted.has("retrieve_image") ? describeWithPath(tool) : undefined;
    },
    handles: (args) => args["path"] !== undefined,
    adapt: withStructuredContent,
    async call({ path, alt, preview, strip_metadata, ...given }, context) {
      if (typeof path !== "string") throw new UsageError("`path` must be a string: the path of one file.");
      if (alt !== undefined && typeof alt !== "string") throw new UsageError("`alt` must be a string.");
      const [{ upload }, { hostedUploads }] = await Promise.all([
        import("../../transfer/upload.ts"),
        import("../service/transfers.ts")
      ]);
      const report = byteProgress(context.progress);
      const uploaded = await upload(path, {
        service: hostedUploads(context, { given, environment: access.environment() }),
        http: access.http,
        policy: await pathPolicyFor(access, context),
        ask: access.consent(context),
        stripMetadata: stripsMetadata(strip_metadata, access.stripMetadata),
        onBytes: (sent, { size, fileName }) => report(sent, size, `Uploading ${fileName}`),
        signal: context.signal
      });
      const embed = embedOf(uploaded.image, alt ?? "", (await context.hostedTools()).get("get_image_url"));
      const picture =
        preview === true && embed && (await previewOf(embed.cdn_url, await access.http(), context.signal));
      return resultOf(uploaded, {
        embed,
        preview: picture || (preview === true ? "unavailable" : undefined),
        takesLinks: context.takesLinks
      });
    }
  };
}
