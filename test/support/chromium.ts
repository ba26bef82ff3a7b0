import { type Browser, chromium } from "playwright-core";
import { PARTS } from "./parts.ts";

/** Starts the machine's Chromium, which opens nothing but what a test opens. */
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
