import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Frame, Page } from "playwright-core";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";

/** The folder for screenshots. None are taken if this is unset. */
const SHOTS = process.env["IMGWIRE_SCREENSHOTS"];

/** The capabilities of a client that renders MCP Apps. */
export const APPS = {
  extensions: { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } }
};

interface ToolEntry {
  name: string;
  _meta?: { ui?: { resourceUri?: string; visibility?: string[] } };
}

interface PageResource {
  uri: string;
  mimeType: string;
  text: string;
  _meta: { ui: { csp: Record<string, string[]>; permissions: object } };
}

/** A page as a host shows it. */
export interface Shown {
  page: Page;
  frame: Frame;
  /** The browser's errors and warnings, including violations of the Content-Security-Policy. */
  complaints: string[];
  /** The page's requests to its host, each with its method. */
  asked: [what: string, value: unknown][];
  /** The tools that the page called. */
  called: { name: string; args: Record<string, unknown> }[];
}

export interface ShowOptions {
  width?: number;
  theme?: "light" | "dark";
  capabilities?: object;
  /** Shown instead of the tool's own result. */
  result?: object;
}

/**
 * A host of MCP Apps. It reads the pages from the resources of a server over stdio and shows them in a
 * sandboxed frame, under the policy that they request.
 */
export class AppHost {
  readonly #server: Server;
  readonly #html = new Map<string, PageResource>();
  /** The current page. */
  #shown: Shown;

  private constructor(
    page: Page,
    private readonly driver: StdioDriver,
    script: string
  ) {
    this.#shown = { page, frame: page.mainFrame(), complaints: [], asked: [], called: [] };
    this.#server = createServer((req, res) => {
      const page = this.#html.get(new URL(req.url!, "http://x").pathname.slice(1));
      res.setHeader("content-type", "text/html; charset=utf-8");
      if (page) res.setHeader("content-security-policy", policyOf(page._meta.ui.csp));
      res.end(
        page?.text ??
          `<!doctype html><html lang="en"><title>host</title><body><script>${script}</script></body>`
      );
    });
  }

  static async start(browser: Browser, driver: StdioDriver): Promise<AppHost> {
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, "host.js")],
      bundle: true,
      minify: true,
      format: "iife",
      platform: "browser",
      write: false
    });
    const context = await browser.newContext();
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const page = await context.newPage();
    const host = new AppHost(page, driver, outputFiles[0]!.text);
    await host.#listen(page);
    await once(host.#server.listen(0, "127.0.0.1"), "listening");
    return host;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** Calls a tool as a model would, and shows the page of its result in place of the current one. */
  async show(tool: string, args: object, options: ShowOptions = {}): Promise<Shown> {
    const { width = 720, theme = "light", capabilities, result } = options;
    const { page } = this.#shown;
    const shown: Shown = { page, frame: page.mainFrame(), complaints: [], asked: [], called: [] };
    this.#shown = shown;
    await page.setViewportSize({ width, height: 900 });
    const entry = await this.#toolEntry(tool);
    const name = await this.#load(entry._meta!.ui!.resourceUri!);
    await page.goto(this.#url(""));
    const hostContext = { theme, locale: "en-GB", timeZone: "UTC", toolInfo: { tool: entry } };
    await page.evaluate(
      `show(${JSON.stringify(this.#url(name))}, ${JSON.stringify({ capabilities, context: hostContext })})`
    );
    shown.frame = page.frames()[1]!;
    const given = result ?? (await this.driver.call(tool, args)).result;
    await page.evaluate(`bridge.sendToolInput(${JSON.stringify({ arguments: args })})`);
    await page.evaluate(`bridge.sendToolResult(${JSON.stringify(given)})`);
    return shown;
  }

  async #listen(page: Page): Promise<void> {
    const complain = (text: string): void => void this.#shown.complaints.push(text);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complain(message.text());
    });
    page.on("pageerror", (error) => complain(String(error)));
    await page.exposeFunction("callTool", async (name: string, args: Record<string, unknown>) => {
      this.#shown.called.push({ name, args });
      return (await this.driver.call(name, args)).result;
    });
    await page.exposeFunction(
      "asked",
      (what: string, value: unknown) => void this.#shown.asked.push([what, value])
    );
  }

  async #toolEntry(name: string): Promise<ToolEntry> {
    const { result } = await this.driver.request("tools/list");
    return (result!["tools"] as ToolEntry[]).find((tool) => tool.name === name)!;
  }

  async #load(uri: string): Promise<string> {
    const { result } = await this.driver.request("resources/read", { uri });
    const [page] = result!["contents"] as PageResource[];
    const name = uri.split("/").at(-1)!;
    this.#html.set(name, page!);
    return name;
  }

  #url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${path}`;
  }
}

/** The policy that hosts derive from a page's metadata (MCP Apps 2026-01-26, host behaviour). */
function policyOf({
  connectDomains = [],
  resourceDomains = [],
  frameDomains = []
}: Record<string, string[]>): string {
  const from = (domains: string[]): string => domains.join(" ") || "'none'";
  return [
    "default-src 'none'",
    `script-src 'unsafe-inline' ${resourceDomains.join(" ")}`,
    `style-src 'unsafe-inline' ${resourceDomains.join(" ")}`,
    `img-src data: ${resourceDomains.join(" ")}`,
    `connect-src ${from(connectDomains)}`,
    `frame-src ${from(frameDomains)}`,
    "base-uri 'none'"
  ].join("; ");
}

/** Takes a screenshot of the page, if there is a folder for screenshots. */
export async function picture({ page }: Shown, name: string): Promise<void> {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}
