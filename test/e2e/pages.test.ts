import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { PARTS } from "../support/parts.ts";
import { baseEnv, bin, imgwire } from "../support/program.ts";
import { type Service, startService } from "../../sandbox/client/service.ts";
import { removeFolder } from "../support/folder.ts";

/** Where the pictures of the pages go, for a person to look at; nowhere unless asked for. */
const SHOTS = process.env["IMGWIRE_SCREENSHOTS"];

describe.runIf(PARTS.chromium.path)("the pages of a sign-in, in a browser", () => {
  let service: Service;
  let browser: Browser;
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    service = await startService("--environments", "production,staging");
    browser = await launchChromium();
    folder = mkdtempSync(join(tmpdir(), "pages-"));
    // A "browser" that opens nothing: the test drives the real one.
    env = baseEnv({
      IMGWIRE_MCP_URL: service.mcpUrl,
      IMGWIRE_CONFIG_DIR: folder,
      IMGWIRE_TOKEN_STORE: "file",
      BROWSER: "true"
    });
  });

  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await removeFolder(folder);
  });

  /** Starts `imgwire login` and resolves with the link it shows and how it ends. */
  async function login(...args: string[]) {
    const child = spawn(process.execPath, [bin("imgwire"), "login", ...args], { env });
    const ended = once(child, "exit") as Promise<[number | null]>;
    let said = "";
    for await (const line of createInterface({ input: child.stderr })) {
      said += `${line}\n`;
      const link = /https?:\/\/\S+/.exec(line)?.[0];
      if (link) return { link, said: () => said, ended };
    }
    throw new Error(`imgwire login showed no link:\n${said}`);
  }

  async function open(url: string, colorScheme: "light" | "dark" = "light"): Promise<Page> {
    const context = await browser.newContext({ colorScheme, viewport: { width: 900, height: 720 } });
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (!SHOTS) return;
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }

  it("asks who may connect to which Environment, and confirms the connection in plain words", async () => {
    const { link, ended } = await login();
    const page = await open(link);
    await picture(page, "consent-light");
    await expect(page.getByRole("heading").first().textContent()).resolves.toBe(
      "Connect Imgwire MCP to your Imgwire account?"
    );
    await page.getByText("staging").first().click();
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("heading", { name: /signed in/i }).waitFor();
    expect(new URL(page.url()).hostname).toBe("127.0.0.1");
    await picture(page, "result-light");
    expect((await ended)[0]).toBe(0);

    const { stdout } = await imgwire(["whoami", "--json"], env);
    expect(JSON.parse(stdout)).toMatchObject({ environment: { name: "staging" } });
  });

  it("shows the connection in the dashboard, where it can be relinked and revoked", async () => {
    const page = await open(service.dashboardUrl);
    await picture(page, "dashboard-light");
    await picture(await open(service.dashboardUrl, "dark"), "dashboard-dark");
    await page.getByRole("combobox").first().selectOption({ label: "production" });
    await page.getByRole("button", { name: "Save" }).first().click();
    expect(JSON.parse((await imgwire(["whoami", "--json"], env)).stdout)).toMatchObject({
      environment: { name: "production" }
    });
    await page.getByRole("button", { name: "Revoke" }).first().click();
    expect((await imgwire(["whoami", "--json"], env)).code).toBe(3);
  });

  it("says what failed if the user denies, on the page and in the terminal", async () => {
    const { link, said, ended } = await login();
    const page = await open(link, "dark");
    await picture(page, "consent-dark");
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByRole("heading", { name: /cancelled|failed|did not/i }).waitFor();
    await picture(page, "result-denied-dark");
    expect((await ended)[0]).not.toBe(0);
    expect(said()).not.toContain("undefined");
  });
});
