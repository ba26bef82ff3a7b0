import { setTimeout as delay } from "node:timers/promises";
import { EXIT, ImgwireError, UsageError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { callHosted } from "../../hosted.ts";
import { shownError } from "../../ui/error.ts";
import { plain } from "../../ui/output.ts";
import { retrieve } from "../show/run.ts";
import { asFields, type Fields } from "../../../mcp/service/schemas.ts";

const POLL_INTERVAL_MS = 1_000;
const READY_TIMEOUT_MS = 120_000;

/** Imports images one at a time and waits until each is ready. A failure doesn't stop the others. */
export async function runImport(invocation: Invocation, urls: readonly string[]): Promise<number> {
  const { out, signal } = invocation;
  for (const url of urls) {
    if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : "")) {
      throw new UsageError(`${JSON.stringify(url)} isn't an http or https URL.`, {
        hint: "To upload a file: imgwire upload <path>"
      });
    }
  }
  const images: Fields[] = [];
  for (const url of urls) {
    try {
      const image = await importOne(invocation, url);
      images.push({ source: url, ...image });
    } catch (error) {
      if (urls.length === 1 || signal.aborted) throw error;
      images.push({ source: url, error: shownError(error) });
      out.note(`${plain(url)}: ${shownError(error).message}`);
    }
  }
  const done = images.filter((image) => image["error"] === undefined);
  out.answer({ images }, () => done.map((image) => plain(image["cdn_url"])).join("\n"));
  return done.length === images.length ? EXIT.done : EXIT.failed;
}

async function importOne(invocation: Invocation, url: string): Promise<Fields> {
  const fields = await callHosted(invocation, "upload_image_via_url", { url }, false);
  let image = asFields(fields["image"]) ?? fields;
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!["READY", "QUARANTINE"].includes(String(image["status"])) && Date.now() < deadline) {
    await delay(POLL_INTERVAL_MS, undefined, { signal: invocation.signal });
    image = await retrieve(invocation, String(image["id"]));
  }
  if (image["status"] !== "QUARANTINE") return image;
  throw new ImgwireError(
    "quarantined",
    `Imgwire couldn't process the image and has quarantined it (${String(image["id"])}).`,
    {
      hint: "Check that the URL leads to an image."
    }
  );
}
