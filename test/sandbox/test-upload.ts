/** Uploads to a sandbox as an agent does, for tests. */
import { randomBytes } from "node:crypto";
import type { Client } from "@modelcontextprotocol/client";
import sharp from "sharp";
import type { Image, StandardUploadCreate } from "../../sandbox/schemas.ts";

/** A PNG of noise, different every time. */
export function picture(width: number, height: number): Promise<Buffer> {
  return sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

export interface Upload {
  image: Image;
  upload_url: string;
}

export async function createUpload(client: Client, args: StandardUploadCreate): Promise<Upload> {
  const { structuredContent } = await client.callTool({ name: "upload_image", arguments: { ...args } });
  return structuredContent as Upload;
}

export function put({ image, upload_url }: Upload, body: Uint8Array): Promise<Response> {
  return fetch(upload_url, { method: "PUT", body, headers: { "content-type": image.mime_type } });
}

/** Polls until the image has left PENDING and PROCESSING. */
export async function settled(client: Client, image_id: string): Promise<Image> {
  for (;;) {
    const { structuredContent } = await client.callTool({ name: "retrieve_image", arguments: { image_id } });
    const image = structuredContent as Image;
    if (image.status === "READY" || image.status === "QUARANTINE") return image;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Uploads an image and waits until it is READY. @returns its id */
export async function upload(client: Client, args: StandardUploadCreate, bytes: Uint8Array): Promise<string> {
  const created = await createUpload(client, { content_length: bytes.length, ...args });
  const answer = await put(created, bytes);
  if (!answer.ok) throw new Error(`PUT answered ${answer.status}: ${await answer.text()}`);
  const { status, id } = await settled(client, created.image.id);
  if (status !== "READY") throw new Error(`The image's status is ${status}.`);
  return id;
}
