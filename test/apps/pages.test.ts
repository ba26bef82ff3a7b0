import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Frame, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { faintControls, overflow, violations } from "../support/accessibility.ts";
import { launchChromium } from "../support/chromium.ts";
import { PARTS } from "../support/parts.ts";
import { bin } from "../support/program.ts";
import { type SignedIn, startSignedIn } from "../support/signed-in.ts";
import { APPS, AppHost, picture, type Shown } from "./app-host.ts";
import { dayOfMetrics, photo } from "./samples.ts";

const WIDTHS = [320, 480, 768, 1200];
const HOSTILE = "<img src=x onerror=alert(1)>.jpg";
const FAILURE = {
  isError: true,
  content: [{ type: "text", text: "Sign in first: https://example.test/" }]
};
const NOTHING = { content: [], structuredContent: { images: [] } };
const NAMES = ["lake at dawn.jpg", "harbour.jpg", "team-2026.jpg", HOSTILE, "roof.jpg"];

describe.runIf(PARTS.chromium.path)("the pages of MCP Apps, in a browser", () => {
  let signedIn: SignedIn;
  let browser: Browser;
  let driver: StdioDriver;
  let host: AppHost;
  let paths: string[];
  let shown: Shown | undefined;

  beforeAll(async () => {
    signedIn = await startSignedIn();
    browser = await launchChromium();
    const { folder, env } = signedIn;
    paths = await Promise.all(NAMES.map((name, scene) => photo(join(folder.path, name), scene)));
    driver = new StdioDriver({ args: [bin("imgwire-mcp")], cwd: folder.path, env });
    await driver.initialize(APPS);
    host = await AppHost.start(browser, driver);
    await driver.call("upload_images", { paths });
  });
  afterEach(() => {
    expect(shown?.complaints).toEqual([]);
  });
  afterAll(async () => {
    await host?.stop();
    await driver?.kill();
    await browser?.close();
    await signedIn?.sandbox.close();
    await signedIn?.folder.remove();
  });

  async function show(...args: Parameters<AppHost["show"]>): Promise<Shown> {
    expect(shown?.complaints ?? []).toEqual([]);
    return (shown = await host.show(...args));
  }

  /** The gallery with one image opened. */
  async function showImage(options?: Parameters<AppHost["show"]>[2]): Promise<Shown> {
    const shown = await show("list_images", {}, options);
    await shown.frame.getByRole("button", { name: "harbour.jpg" }).click();
    await loaded(shown.frame);
    return shown;
  }

  const copied = ({ page }: Shown): Promise<string> => page.evaluate("navigator.clipboard.readText()");

  it("lists images and treats foreign names as text [mcp.apps-content-is-data]", async () => {
    const { frame } = await show("list_images", { limit: 3 });
    const names = await frame.getByRole("listitem").locator("strong").allTextContents();
    expect(names).toHaveLength(3);
    await frame.getByRole("button", { name: "Next page" }).click();
    await frame.getByText("Page 2 of 2").waitFor();
    names.push(...(await frame.getByRole("listitem").locator("strong").allTextContents()));
    expect(names.sort()).toEqual([...NAMES].sort());
    expect(await frame.locator("[onerror], img[src=x]").count()).toBe(0);
  });

  it("pages through a list by calling its tool [mcp.apps-call-tools]", async () => {
    const shown = await show("list_images", { limit: 2 });
    await shown.frame.getByText("Page 1 of 3").waitFor();
    await shown.frame.getByRole("button", { name: "Next page" }).click();
    await shown.frame.getByText("Page 2 of 3").waitFor();
    expect(shown.called).toEqual([{ name: "list_images", args: { limit: 2, page: 2 } }]);
    expect(await focused(shown.frame)).toBe("Next page");
  });

  it("builds the URL of the selected transforms, shows its image and copies it [mcp.apps-transforms]", async () => {
    const shown = await showImage();
    const { frame } = shown;
    await frame.getByLabel("Width").fill("300");
    await frame.getByLabel("Format").selectOption("WebP");
    await frame.getByText("300 × 200").waitFor();
    await frame.getByLabel("Alternative text").fill('The [old] "harbour"');
    const url = await frame.getByLabel("URL").inputValue();
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({ width: "300", format: "webp" });
    const delivered = await fetch(url);
    expect(delivered.headers.get("content-type")).toBe("image/webp");
    await frame.getByRole("button", { name: "Copy URL" }).click();
    await frame.getByText("URL copied.").waitFor();
    expect(await copied(shown)).toBe(url);
    await frame.getByRole("button", { name: "Copy Markdown" }).click();
    await frame.getByText("Markdown copied.").waitFor();
    expect(await copied(shown)).toBe(`![The \\[old\\] "harbour"](${url})`);
    await frame.getByRole("button", { name: "Copy HTML" }).click();
    await frame.getByText("HTML copied.").waitFor();
    expect(await copied(shown)).toBe(
      `<img src="${url.replace("&", "&amp;")}" alt="The [old] &quot;harbour&quot;" width="300" height="200">`
    );
    await frame.getByRole("button", { name: "Open" }).click();
    await expect
      .poll(() => shown.asked.find(([what]) => what === "ui/open-link"))
      .toEqual(["ui/open-link", url]);
    expect(shown.asked.findLast(([what]) => what === "ui/update-model-context")![1]).toContain(url);
  });

  it("leaves a number that is out of range out of the URL, and says so [mcp.apps-transforms]", async () => {
    const { frame } = await showImage();
    await frame.getByLabel("Quality").fill("101");
    expect(await frame.getByLabel("Quality").getAttribute("aria-invalid")).toBe("true");
    expect(await frame.getByLabel("URL").inputValue()).not.toContain("quality");
  });

  it("selects the text that it can't copy if the host forbids copying", async () => {
    const { frame } = await showImage();
    await frame.evaluate(
      "navigator.clipboard.writeText = () => Promise.reject(new Error()); document.execCommand = () => false"
    );
    await frame.getByRole("button", { name: "Copy Markdown" }).click();
    await frame.getByText("press Ctrl+C").waitFor();
    expect(await frame.evaluate("getSelection().toString()")).toMatch(/^!\[\]\(http/);
  });

  it("charts the metrics and requests another interval [mcp.apps-call-tools]", async () => {
    const shown = await show("fetch_metrics", { interval: "HOURLY", tz: "UTC" }, { result: dayOfMetrics() });
    const { frame } = shown;
    await frame.getByRole("button", { name: /Storage/ }).click();
    const slider = frame.getByRole("slider");
    await slider.focus();
    await shown.page.keyboard.press("Home");
    expect(await slider.getAttribute("aria-valuetext")).toBe("25 Nov, 00:00: 36 MB");
    await frame.getByText("Show the numbers").click();
    expect(await frame.getByRole("row").count()).toBe(25);
    await frame.getByRole("button", { name: "Daily" }).click();
    await expect
      .poll(() => shown.called)
      .toEqual([{ name: "fetch_metrics", args: { interval: "DAILY", tz: "UTC" } }]);
    await frame.locator(".segments [aria-pressed=true]", { hasText: "Daily" }).waitFor();
  });

  it("uploads chosen files through the host and tells the agent [mcp.apps-upload]", async () => {
    const shown = await show("choose_images", {});
    const { frame } = shown;
    const fresh = await photo(join(signedIn.folder.path, "fresh.jpg"), 7);
    const text = { name: "notes.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") };
    await frame.locator("input[type=file]").setInputFiles(fresh);
    await frame.getByText("1 uploaded.").waitFor();
    await frame.locator("input[type=file]").setInputFiles(text);
    await frame.getByText("1 uploaded, 1 failed.").waitFor();
    expect(await frame.locator("li.failed").textContent()).toMatch(
      /^notes\.jpgnotes\.jpg is not an image\. Nothing was sent/
    );
    await frame.getByRole("button", { name: "Copy URL of fresh.jpg" }).click();
    await frame.getByText("URL copied.").waitFor();
    const url = await copied(shown);
    expect((await fetch(url)).headers.get("content-type")).toBe("image/jpeg");
    await frame.getByRole("button", { name: "Tell the agent" }).click();
    await expect
      .poll(() => shown.asked.find(([what]) => what === "ui/message")?.[1])
      .toBe(`I have uploaded these images:\n"fresh.jpg": ${url}`);
  });

  it("accepts files that are dropped on the page [mcp.apps-upload]", async () => {
    const { frame } = await show("choose_images", {});
    await frame.getByText("Drop images here").waitFor();
    await frame.evaluate(`(async () => {
      const canvas = document.createElement("canvas");
      canvas.getContext("2d").fillRect(0, 0, 9, 9);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([blob], "dropped.png", { type: "image/png" }));
      document.querySelector(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    })()`);
    await frame.getByText("1 uploaded.").waitFor();
  });

  it("shows why a call failed, and that uploads need the host's tools", async () => {
    const failed = await show("list_images", {}, { result: FAILURE });
    await failed.frame.getByRole("alert").getByText("Sign in first: https://example.test/").waitFor();
    const alone = await show("choose_images", {}, { capabilities: {} });
    await alone.frame.getByRole("alert").getByText("the file's path").waitFor();
  });

  it("shows results of any shape without an error, and loads images only from the web [mcp.apps-content-is-data]", async () => {
    const { page, frame } = await show(
      "list_images",
      {},
      { result: { content: [], structuredContent: "nothing" } }
    );
    const odd = [
      {
        images: [
          null,
          7,
          "text",
          { id: 5 },
          { id: "a", cdn_url: "javascript:alert(1)", original_filename: ["x"] }
        ]
      },
      {
        images: [
          { id: "a".repeat(9_000), cdn_url: "data:text/html,x", width: -1, height: "9", size_bytes: 1e99 }
        ]
      },
      { images: {}, total: -5, page: "2", limit: null },
      { files: [{ path: "/a/b.png", state: "failed", error: { not: "text" } }] }
    ];
    for (const structuredContent of odd) {
      await frame.evaluate("document.querySelector('main').replaceChildren()");
      await page.evaluate(`bridge.sendToolResult(${JSON.stringify({ content: [], structuredContent })})`);
      await expect.poll(() => frame.locator("main > *").count()).toBeGreaterThan(0);
      expect(await frame.locator("main img").count()).toBe(0);
    }
  });

  it("can be operated by keyboard alone [mcp.apps-accessible]", async () => {
    const { page, frame } = await show("list_images", {});
    await frame.getByRole("button", { name: "harbour.jpg" }).focus();
    await page.keyboard.press("Enter");
    await loaded(frame);
    expect(await focused(frame)).toBe("All images");
    await page.keyboard.press("Tab");
    await page.keyboard.type("64");
    expect(await frame.getByLabel("URL").inputValue()).toContain("width=64");
    await frame.getByRole("button", { name: "All images" }).focus();
    await page.keyboard.press("Enter");
    expect(await focused(frame)).toContain("harbour.jpg");
  });

  it("contacts nothing but the CDN, by the host's policy and by its own [mcp.apps-contained]", async () => {
    const { frame, page, complaints } = await show("list_images", {});
    const elsewhere = signedIn.sandbox.mcpUrl.replace("127.0.0.1", "localhost");
    const outcome = await frame.evaluate(`Promise.all([
      fetch(${JSON.stringify(elsewhere)}).then(() => "fetched", () => "refused"),
      new Promise((resolve) => Object.assign(new Image(), { src: ${JSON.stringify(elsewhere)}, onload: () => resolve("loaded"), onerror: () => resolve("refused") })),
      new Promise((resolve) => {
        const script = document.createElement("script");
        script.textContent = "window.injected = true";
        document.body.append(script);
        setTimeout(() => resolve(window.injected ? "ran" : "refused"));
      })
    ])`);
    expect(outcome).toEqual(["refused", "refused", "refused"]);
    expect(page.frames()).toHaveLength(2);
    // The browser's complaints are the expected ones, so that afterEach must not see them.
    expect(complaints.splice(0).length).toBeGreaterThan(0);
  });

  it.each(["light", "dark"] as const)(
    "is accessible and fits windows of 320 to 1200 pixels in the %s theme, in each state [mcp.apps-accessible]",
    async (theme) => {
      const options = { theme, width: WIDTHS.at(-1)! };
      const notAnImage = join(signedIn.folder.path, "notes.jpg");
      await writeFile(notAnImage, "no picture");
      const faults: string[] = [];
      const alone = await show("choose_images", {}, { ...options, capabilities: {} });
      await alone.frame.getByRole("alert").waitFor();
      faults.push(...(await faultsOf(alone, `alone-${theme}`)));
      const upload = await show("choose_images", {}, options);
      await upload.frame.getByText("Drop images here").waitFor();
      faults.push(...(await faultsOf(upload, `choose-${theme}`)));
      await upload.frame.locator("input[type=file]").setInputFiles([paths[0]!, notAnImage]);
      await upload.frame.getByText("1 uploaded, 1 failed.").waitFor();
      faults.push(...(await faultsOf(upload, `upload-${theme}`)));
      const failed = await show("list_images", {}, { ...options, result: FAILURE });
      await failed.frame.getByRole("alert").waitFor();
      faults.push(...(await faultsOf(failed, `failed-${theme}`)));
      const empty = await show("list_images", {}, { ...options, result: NOTHING });
      await empty.frame.getByText("There are no images here yet.").waitFor();
      faults.push(...(await faultsOf(empty, `empty-${theme}`)));
      const metrics = await show("fetch_metrics", {}, { ...options, result: dayOfMetrics() });
      await metrics.frame.getByText("Show the numbers").click();
      faults.push(...(await faultsOf(metrics, `metrics-${theme}`)));
      const gallery = await show("list_images", {}, options);
      await loaded(gallery.frame);
      faults.push(...(await faultsOf(gallery, `gallery-${theme}`)));
      await gallery.frame.getByRole("button", { name: "harbour.jpg" }).click();
      await loaded(gallery.frame);
      faults.push(...(await faultsOf(gallery, `image-${theme}`)));
      expect(faults).toEqual([]);
    },
    120_000
  );

  it("follows a theme that changes while the page is shown", async () => {
    const { page, frame } = await show("list_images", {}, { theme: "light" });
    await frame.getByRole("button", { name: "harbour.jpg" }).waitFor();
    const background = (): Promise<string> =>
      frame.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await background();
    await page.evaluate("bridge.setHostContext({ theme: 'dark' })");
    await expect.poll(background).not.toBe(light);
  });
});

/** Returns the accessibility and layout faults of a page at every width. */
async function faultsOf(shown: Shown, name: string): Promise<string[]> {
  // The checks need only methods that a frame shares with a page.
  const inside = shown.frame as unknown as Page;
  const found = [...(await violations(inside)), ...(await faintControls(inside))];
  for (const width of WIDTHS) {
    await shown.page.setViewportSize({ width, height: 900 });
    // The frame resizes a moment after its window.
    await inside.waitForFunction(`innerWidth <= ${width}`);
    if ((await overflow(inside)) > 0) found.push(`wider than ${width} pixels`);
    await picture(shown, `${name}-${width}`);
  }
  return found.map((fault) => `${name}: ${fault}`);
}

/** Waits until an image has loaded. */
async function loaded(frame: Frame): Promise<void> {
  const isThere = "[...document.images].some((image) => image.complete && image.naturalWidth > 0)";
  await expect.poll(() => frame.evaluate(isThere)).toBe(true);
}

function focused(frame: Frame): Promise<string> {
  return frame.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent");
}
