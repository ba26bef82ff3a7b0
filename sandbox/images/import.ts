import { Readable } from "node:stream";
import { notAllowed } from "../account/domain-error.ts";
import type { Service } from "../service.ts";
import { SupportedMimeType, type Image, type UploadViaUrlCreate } from "../schemas.ts";
import { largestUpload } from "./images.ts";
import { extensionOf } from "./formats.ts";

type Progress = (done: number, total: number | undefined, message: string) => Promise<void>;

/**
 * Imports a remote image into an Environment. The sandbox is offline, so only addresses on this machine work.
 * @throws {DomainError} if the address is on another machine or doesn't return a supported image
 */
export async function importFrom(
  { images, store }: Service,
  environmentId: string,
  { url, ...upload }: UploadViaUrlCreate,
  progress: Progress
): Promise<Image> {
  await progress(0, undefined, "Fetching the image");
  const response = await fetchFrom(url);
  const mimeType = upload.mime_type ?? mimeTypeFrom(response);
  const length = Number(response.headers.get("content-length")) || undefined;
  if ((length ?? 0) > largestUpload)
    throw notAllowed(`The image at ${url} is larger than ${largestUpload} bytes.`);
  const file_name = upload.file_name ?? nameFrom(url, mimeType);
  const image = images.create(environmentId, {
    ...upload,
    file_name,
    mime_type: mimeType,
    content_length: length ?? null
  });
  let done = 0;
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  const stored = await store
    .import(image, body, (bytes) => (done += bytes))
    .catch((error: Error) => {
      throw notAllowed(`The image at ${url} could not be read: ${error.message}`);
    });
  await progress(done, done, "Fetched the image");
  images.received(image.id, stored);
  return { ...image };
}

async function fetchFrom(url: string): Promise<Response> {
  const { protocol, hostname } = new URL(url);
  if (!/^https?:$/.test(protocol) || !/^(127(\.\d+){3}|localhost|\[::1\])$/.test(hostname)) {
    throw notAllowed(`${url} cannot be fetched: the sandbox reaches only this machine.`);
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000), redirect: "error" }).catch(
    (error: Error) => {
      throw notAllowed(`${url} cannot be fetched: ${error.message}`);
    }
  );
  if (!response.ok || !response.body) throw notAllowed(`${url} answered ${response.status}.`);
  return response;
}

function mimeTypeFrom(response: Response): SupportedMimeType {
  const { data } = SupportedMimeType.safeParse(response.headers.get("content-type")?.split(";")[0]?.trim());
  if (!data) throw notAllowed(`${response.url} is not of a supported image type.`);
  return data;
}

function nameFrom(url: string, mimeType: SupportedMimeType): string {
  const last = decodeURIComponent(new URL(url).pathname).split("/").at(-1);
  return last || `image.${extensionOf(mimeType)}`;
}
