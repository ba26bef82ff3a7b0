import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { User } from "../support/login.ts";
import { PARTS } from "../support/parts.ts";
import { type Service, startService } from "../../sandbox/client/service.ts";

/** The folder for screenshots of the pages; none are taken if it isn't set. */
const SHOTS = process.env["IMGWIRE_SCREENSHOTS"];

describe.runIf(PARTS.chromium.path)("the pages of a sign-in, in a browser", () => {
  let service: Service;
  let browser: Browser;
  let user: User;

  beforeAll(async () => {
    service = await startService("--environments", "production,staging");
    browser = await launchChromium();
    user = await User.create({ IMGWIRE_MCP_URL: service.mcpUrl });
  });

  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await user?.remove();
  });

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

  it("asks to which Environment to connect, and confirms the connection in plain words", async () => {
    const login = await user.login();
    const page = await open(login.link.href);
    await picture(page, "consent-light");
    await expect(page.getByRole("heading").first().textContent()).resolves.toBe(
      "Connect Imgwire MCP to your Imgwire account?"
    );
    await page.getByText("staging").first().click();
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("heading", { name: /signed in/i }).waitFor();
    expect(new URL(page.url()).hostname).toBe("127.0.0.1");
    await picture(page, "result-light");
    expect(await login.exited).toBe(0);

    const { stdout } = await user.run(["whoami", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ environment: { name: "staging" } });
  });

  it("shows the connection in the dashboard, whose Environment can be changed and which can be revoked", async () => {
    const page = await open(service.dashboardUrl);
    await picture(page, "dashboard-light");
    await picture(await open(service.dashboardUrl, "dark"), "dashboard-dark");
    await page.getByRole("combobox").first().selectOption({ label: "production" });
    await page.getByRole("button", { name: "Save" }).first().click();
    expect(JSON.parse((await user.run(["whoami", "--json"])).stdout)).toMatchObject({
      environment: { name: "production" }
    });
    await page.getByRole("button", { name: "Revoke" }).first().click();
    expect((await user.run(["whoami", "--json"])).code).toBe(3);
  });

  it("says on the page and in the terminal that the user denied the sign-in", async () => {
    const login = await user.login();
    const page = await open(login.link.href, "dark");
    await picture(page, "consent-dark");
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByRole("heading", { name: /cancelled|failed|did not/i }).waitFor();
    await picture(page, "result-denied-dark");
    expect(await login.exited).toBe(3);
    expect(login.stderr).toMatch(/cancelled/);
  });
});
