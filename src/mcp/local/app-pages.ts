import type { Tool } from "@modelcontextprotocol/client";
import { isObject, type JsonObject } from "../../system/json.ts";
import { isLoopbackHost } from "../../system/loopback.ts";
import { APP_MIME_TYPE } from "../protocol/capabilities.ts";
import type { LocalTool } from "./local-tool.ts";

const PAGES = {
  gallery: {
    title: "Images",
    description: "Shows images side by side, and one of them with its transforms."
  },
  image: { title: "Image", description: "Shows one image and writes the URL for the transforms chosen." },
  metrics: { title: "Metrics", description: "Charts of an Environment's traffic, storage and uploads." },
  upload: { title: "Upload images", description: "A drop zone for images." }
} as const;

export type PageName = keyof typeof PAGES;

/** What hosts that render MCP Apps are offered in addition. */
export interface Apps {
  /** The tools that only make sense with a page. */
  tools: () => Promise<readonly LocalTool[]>;
  /** Returns the built HTML of a page. */
  html: (page: PageName) => Promise<string>;
}

/** The page that shows a tool's results. */
const PAGE_OF: Readonly<Record<string, PageName>> = {
  list_images: "gallery",
  upload_images: "gallery",
  upload_image: "image",
  upload_image_via_url: "image",
  retrieve_image: "image",
  fetch_metrics: "metrics",
  choose_images: "upload"
};

/** All URIs below it are ours, whatever the hosted server lists. */
const PREFIX = "ui://imgwire-mcp/";

/** Whether a URI is below the prefix of this program's pages. */
export function isPage(uri: unknown): uri is string {
  return typeof uri === "string" && uri.startsWith(PREFIX);
}

/** Adds to each tool the page that shows its results. A hosted tool that has its own page keeps it. */
export function withPages(tools: readonly Tool[]): Tool[] {
  return tools.map((tool) => {
    const page = Object.hasOwn(PAGE_OF, tool.name) ? PAGE_OF[tool.name] : undefined;
    const meta = tool._meta ?? {};
    const ui = isObject(meta["ui"]) ? meta["ui"] : {};
    if (page === undefined || ui["resourceUri"] !== undefined || meta[OLD_KEY] !== undefined) return tool;
    return { ...tool, _meta: { ...meta, ui: { ...ui, resourceUri: uriOf(page) }, [OLD_KEY]: uriOf(page) } };
  });
}

/** Where hosts that predate MCP Apps 2026-01-26 look for the page. */
const OLD_KEY = "ui/resourceUri";

/**
 * The pages as `resources/list` shows them.
 * @param hostedUrl the hosted server's URL, from which its CDN is derived
 */
export function pageResources(hostedUrl: URL): JsonObject[] {
  return pageNames().map((page) => ({ ...aboutPage(page), _meta: metaOf(hostedUrl) }));
}

/** The result of `resources/read`; undefined if there is no such page. */
export async function readPage(
  uri: string,
  html: Apps["html"],
  hostedUrl: URL
): Promise<JsonObject | undefined> {
  const page = pageNames().find((name) => uriOf(name) === uri);
  if (page === undefined) return undefined;
  const text = (await html(page)).replaceAll(CDN_PLACEHOLDER, cdnOf(hostedUrl));
  return { contents: [{ uri, mimeType: APP_MIME_TYPE, text, _meta: metaOf(hostedUrl) }] };
}

/** Stands for the CDN in the pages' own Content-Security-Policy. */
const CDN_PLACEHOLDER = "https://cdn.invalid";

function pageNames(): PageName[] {
  return Object.keys(PAGES) as PageName[];
}

function uriOf(page: PageName): string {
  return `${PREFIX}${page}.html`;
}

function aboutPage(page: PageName): JsonObject {
  return { uri: uriOf(page), name: `${page}.html`, ...PAGES[page], mimeType: APP_MIME_TYPE };
}

/**
 * What a page needs from its host (MCP Apps 2026-01-26, resource metadata): permission to load images from
 * the CDN and to write to the clipboard.
 */
function metaOf(hostedUrl: URL): JsonObject {
  const csp = {
    connectDomains: [],
    resourceDomains: [cdnOf(hostedUrl)],
    frameDomains: [],
    baseUriDomains: []
  };
  return { ui: { csp, permissions: { clipboardWrite: {} }, prefersBorder: true } };
}

/**
 * The origin from which a hosted server's images are delivered: its host with `cdn.` in place of `mcp.`, any
 * port of a loopback host, or otherwise the server's own origin.
 */
function cdnOf({ origin, protocol, hostname }: URL): string {
  if (isLoopbackHost(hostname)) return `${protocol}//${hostname}:*`;
  return origin.replace("//mcp.", "//cdn.");
}
