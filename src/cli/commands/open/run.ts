import { UsageError } from "../../../errors.ts";
import { openBrowser } from "../../../system/browser.ts";
import { rulesFor } from "../../../system/url.ts";
import type { Invocation } from "../../command.ts";
import { callHosted } from "../../hosted.ts";
import { idIn } from "../../input/image-ids.ts";
import { plain } from "../../ui/output.ts";
import { retrieve } from "../show/run.ts";
import { unexpected } from "../../../mcp/service/schemas.ts";

const PAGES = ["dashboard", "connections", "keys"];

/** Opens a URL in the browser, or prints it if no browser can be opened. */
export async function runOpen(invocation: Invocation, what: string): Promise<void> {
  const { deps, out } = invocation;
  if (/^[a-z]+$/.test(what) && !PAGES.includes(what)) {
    throw new UsageError(`There is no page "${what}".`, {
      hint: `Pages: ${PAGES.join(", ")}. To open an image, pass its id or CDN URL.`
    });
  }
  const url = PAGES.includes(what)
    ? await pageUrl(invocation, what)
    : String((await retrieve(invocation, idIn(what)))["cdn_url"]);
  const opened = await openBrowser(url, rulesFor(deps.settings.url), {
    env: deps.io.env,
    platform: deps.io.platform,
    browser: deps.settings.browser
  });
  out.answer({ url, opened }, () => (opened ? `Opened ${plain(url)}` : plain(url)));
  if (what === "connections") out.note("Authorized Connections is in the dashboard's menu.");
}

/**
 * Returns a dashboard page's URL. Imgwire gives only the page for keys; the dashboard has the same origin.
 */
async function pageUrl(invocation: Invocation, page: string): Promise<string> {
  const link = await serverKeysUrl(invocation);
  return page === "keys" ? link : new URL("/", link).href;
}

/** Returns the URL of the dashboard page for creating Server API Keys. */
export async function serverKeysUrl(invocation: Invocation): Promise<string> {
  const tool = "get_server_token_dashboard_link";
  const fields = await callHosted(invocation, tool, {}, true);
  const url = [fields["url"], fields["dashboard_url"], fields["link"]].find(
    (value) => typeof value === "string"
  );
  if (url === undefined || !URL.canParse(url)) throw unexpected(tool, "no URL");
  return url;
}
