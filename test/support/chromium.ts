import { type Browser, chromium } from "playwright-core";
import { PARTS } from "./parts.ts";

/** Starts the installed Chromium without its own network requests. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: PARTS.chromium.path!,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-sync"
    ]
  });
}
