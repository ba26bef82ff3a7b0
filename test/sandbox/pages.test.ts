import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import * as oauth from "oauth4webapi";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { faintControls, overflow, violations } from "../support/accessibility.ts";
import { launchChromium } from "../support/chromium.ts";
import { PARTS } from "../support/parts.ts";
import {
  authorizationRequest,
  discover,
  insecure,
  redirectUri,
  register,
  resourceOf,
  signIn
} from "../../sandbox/client/oauth.ts";
import { picture, upload } from "./test-upload.ts";

/** The folder for screenshots. None are taken if this is unset. */
const SHOTS = process.env["IMGWIRE_SCREENSHOTS"];
const LONG_NAME = "an-environment-with-a-very-long-name-and-no-blank-to-break-it-at";
const WIDTHS = [320, 390, 768, 1100];

describe.runIf(PARTS.chromium.path)("the sandbox's pages in a browser", () => {
  let asking: Sandbox;
  let approving: Sandbox;
  let browser: Browser;

  beforeAll(async () => {
    asking = await startSandbox({ environments: ["production", "staging", LONG_NAME] });
    approving = await startSandbox({ environments: ["production", LONG_NAME], autoApprove: true });
    browser = await launchChromium();
    await fillDashboard(approving);
  });
  afterAll(async () => {
    await browser?.close();
    await asking?.close();
    await approving?.close();
  });

  async function open(address: URL | string): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(String(address));
    return page;
  }

  it.each(["light", "dark"] as const)(
    "shows accessible pages that fit 320 to 1100 pixels in the %s colour scheme",
    async (colorScheme) => {
      const addresses = { ...(await signInPages(asking)), ...dashboardPages(approving) };
      const page = await browser.newPage({ colorScheme });
      const faults: string[] = [];
      for (const [name, address] of Object.entries(addresses)) {
        await page.goto(address);
        const found = [...(await violations(page)), ...(await faintControls(page))];
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 800 });
          if ((await overflow(page)) > 0) found.push(`wider than ${width} pixels`);
          if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}-${width}-${colorScheme}.png`) });
        }
        faults.push(...found.map((fault) => `${name}: ${fault}`));
      }
      await page.close();
      expect(faults).toEqual([]);
    },
    60_000
  );

  it("allows the connection if Enter is pressed on an Environment of the consent page", async () => {
    const page = await open((await startSignIn(asking)).url);
    const callback = page.waitForRequest((request) => request.url().startsWith(redirectUri));
    await page.getByRole("radio", { name: "staging" }).check();
    await page.keyboard.press("Enter");
    const answer = new URL((await callback).url()).searchParams;
    expect(answer.get("error")).toBeNull();
    expect(answer.get("code")).toBeTruthy();
    expect(asking.connections.list().at(-1)?.environmentId).toBe(asking.organization.environments[1]!.id);
    await page.close();
  });

  it("reaches Deny on the consent page with the keyboard alone", async () => {
    const page = await open((await startSignIn(asking)).url);
    const callback = page.waitForRequest((request) => request.url().startsWith(redirectUri));
    for (const name of ["Environments", "Allow", "Deny"]) {
      expect(await page.locator(":focus").count(), `before ${name}`).toBe(name === "Environments" ? 0 : 1);
      await page.keyboard.press("Tab");
    }
    expect(await page.locator(":focus").textContent()).toBe("Deny");
    await page.keyboard.press("Enter");
    expect(new URL((await callback).url()).searchParams.get("error")).toBe("access_denied");
    await page.close();
  });

  it("accepts a device code in lower case without a hyphen, and shows it as the terminal does", async () => {
    const { code, uri } = await startDevice(asking);
    const page = await open(uri);
    await page.getByRole("textbox").pressSequentially(code.replace("-", "").toLowerCase());
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Connect Test client to your Imgwire account?" }).waitFor();
    expect(await page.locator("output").textContent()).toBe(code);
    await page.getByRole("button", { name: "Deny" }).click();
    expect(await page.getByRole("heading").textContent()).toBe("Sign-in cancelled");
    await page.close();
  });

  it("announces a wrong device code as an error in its field", async () => {
    const { uri } = await startDevice(asking);
    const page = await open(`${uri}?user_code=ABCD-EFGH`);
    expect(await page.getByRole("alert").textContent()).toContain("That code isn't valid.");
    expect(await page.getByRole("textbox").getAttribute("aria-invalid")).toBe("true");
    await page.close();
  });

  it("marks the current page of the dashboard, with one top-level heading on each", async () => {
    const page = await open(approving.dashboardUrl);
    for (const name of ["Images", "API keys", "Connections"]) {
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { level: 1, name }).waitFor();
      expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
      expect(await page.locator("[aria-current=page]").textContent()).toBe(name);
    }
    await page.close();
  });
});

async function startSignIn(sandbox: Sandbox) {
  const as = await discover(sandbox.issuer);
  return authorizationRequest(as, await register(as), { resource: resourceOf(sandbox) });
}

async function startDevice(sandbox: Sandbox): Promise<{ code: string; uri: string }> {
  const as = await discover(sandbox.issuer);
  const client = await register(as);
  const parameters = { scope: "openid", resource: resourceOf(sandbox) };
  const answer = await oauth.deviceAuthorizationRequest(as, client, oauth.None(), parameters, insecure);
  const device = await oauth.processDeviceAuthorizationResponse(as, client, answer);
  return { code: device.user_code, uri: device.verification_uri };
}

/** The address of each page of a sign-in, by the page's name. */
async function signInPages(sandbox: Sandbox): Promise<Record<string, string>> {
  const { code, uri } = await startDevice(sandbox);
  return {
    consent: (await startSignIn(sandbox)).url.href,
    "code-wanted": uri,
    "code-wrong": `${uri}?user_code=ABCD-EFGH`,
    "code-confirm": `${uri}?user_code=${code}`,
    error: `${sandbox.issuer}/oauth2/authorize?client_id=stranger`,
    expired: `${sandbox.issuer}/interaction/gone`
  };
}

function dashboardPages({ dashboardUrl }: Sandbox): Record<string, string> {
  const paths = ["connections", "images", "api-keys", "nowhere"];
  return Object.fromEntries(paths.map((path) => [path, `${dashboardUrl}${path}`]));
}

/** Creates a connection, an image and a Client Key for the dashboard to show. */
async function fillDashboard(sandbox: Sandbox): Promise<void> {
  const { accessToken } = await signIn(sandbox);
  const client = new Client({ name: "test", version: "1" });
  const headers = { authorization: `Bearer ${accessToken}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(sandbox.mcpUrl), { requestInit: { headers } })
  );
  await upload(client, { file_name: "a-rather-long-name-of-a-picture.png" }, await picture(64, 48));
  await client.callTool({ name: "create_client_token", arguments: { name: "Website" } });
  await client.close();
}
