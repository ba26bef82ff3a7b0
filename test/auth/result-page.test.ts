import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ImgwireError } from "../../src/errors.ts";
import {
  notAvailablePage,
  notFoundPage,
  pageForError,
  renderPage,
  signedInPage,
  staleLinkPage,
  usedLinkPage
} from "../../src/auth/result-page.ts";
import { overflow, violations } from "../support/accessibility.ts";
import { launchChromium } from "../support/chromium.ts";
import { PARTS } from "../support/parts.ts";

/** The folder for screenshots of the pages; none are taken if it isn't set. */
const SHOTS = process.env["IMGWIRE_SCREENSHOTS"];
const WIDTHS = [320, 390, 768, 1100];

const denied = new ImgwireError("sign_in_needed", "", { cause: { error: "access_denied" } });
const PAGES = {
  "signed in": signedInPage("Claude Code"),
  "signed in, by a program with a long name": signedInPage("A".repeat(60)),
  denied: pageForError(denied, "Codex"),
  interrupted: pageForError(new ImgwireError("interrupted", ""), undefined),
  "failed, with an address that can't be broken": pageForError(
    new Error(`Could not reach https://${"a".repeat(120)}.example/token.`),
    undefined
  ),
  "failed, with markup from a server": pageForError(
    new Error("<img src=x onerror=alert(1)> & more"),
    undefined
  ),
  "a link from another sign-in": staleLinkPage(),
  "a link opened twice": usedLinkPage(),
  "not found": notFoundPage(),
  "not available": notAvailablePage("This page is for the browser on this computer.")
};

describe.runIf(PARTS.chromium.path)("the page that ends a sign-in", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it.each(["light", "dark"] as const)(
    "shows an accessible result page that fits 320 to 1100 pixels in the %s colour scheme",
    async (colorScheme) => {
      const page = await browser.newPage({ colorScheme });
      const faults: string[] = [];
      for (const [name, content] of Object.entries(PAGES)) {
        await page.setContent(renderPage(content));
        const found = await violations(page);
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 640 });
          if ((await overflow(page)) > 0) found.push(`wider than ${width} pixels`);
          if (SHOTS) {
            mkdirSync(SHOTS, { recursive: true });
            await page.screenshot({ path: join(SHOTS, `${name}-${width}-${colorScheme}.png`) });
          }
        }
        faults.push(...found.map((fault) => `${name}: ${fault}`));
      }
      await page.close();
      expect(faults).toEqual([]);
    },
    60_000
  );
});
