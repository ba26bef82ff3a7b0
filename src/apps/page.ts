import { type Content, element, shape } from "./element.ts";
import { Host, type HostContext, type HostEvents, type ToolResult } from "./host.ts";
import { textOf } from "./pictures.ts";

/** The layout of every page: a heading, the content and a status line. */
export class Page {
  readonly host: Host;
  readonly #heading = element("h1");
  readonly #tools = element("div", { className: "tools" });
  readonly #main = element("main");
  readonly #status = element("p", { className: "status", role: "status" });

  constructor(
    private readonly name: string,
    title: string,
    events: HostEvents
  ) {
    this.host = new Host(events, (context) => this.#adopt(context));
    this.title(title);
    document.body.append(element("header", {}, mark(), this.#heading, this.#tools), this.#main, this.#status);
  }

  /** Creates a page that waits for the result of one call, or says that the call was cancelled. */
  static ofCall(name: string, title: string, events: Omit<HostEvents, "cancelled">): Page {
    const page = new Page(name, title, {
      ...events,
      cancelled: () => page.failed("The call was cancelled.")
    });
    page.show(element("p", { className: "soft" }, "Waiting for Imgwire…"));
    void page.open();
    return page;
  }

  /** Connects to the host and keeps it informed of the page's height. */
  async open(): Promise<void> {
    await this.host.connect(this.name);
    let height = 0;
    new ResizeObserver(() => {
      const now = Math.ceil(document.body.getBoundingClientRect().height);
      if (now !== height) this.host.resized((height = now));
    }).observe(document.body);
  }

  title(title: string): void {
    this.#heading.textContent = title;
  }

  /** Puts controls next to the heading. */
  tools(...contents: Content[]): void {
    fill(this.#tools, contents);
  }

  show(...contents: Content[]): void {
    fill(this.#main, contents);
  }

  /** Shows a status message and announces it to screen readers. */
  say(text: string): void {
    this.#status.textContent = text;
  }

  /** Shows an error in place of the content. */
  failed(reason: string): void {
    this.show(element("p", { className: "error", role: "alert" }, reason));
  }

  /**
   * Calls a tool and shows a waiting message meanwhile.
   * @returns undefined if it failed; the page then shows the reason
   */
  async call(name: string, args: Record<string, unknown>): Promise<ToolResult | undefined> {
    this.#main.setAttribute("aria-busy", "true");
    this.say("Asking Imgwire…");
    try {
      const result = await this.host.callTool(name, args);
      this.say(result.isError ? reasonOf(result) : "");
      return result.isError ? undefined : result;
    } catch (error) {
      this.say((error as Error).message);
      return undefined;
    } finally {
      this.#main.removeAttribute("aria-busy");
    }
  }

  #adopt({ theme }: HostContext): void {
    if (theme) document.documentElement.dataset["theme"] = theme;
  }
}

/** Returns the reason in a failed result. */
export function reasonOf(result: ToolResult): string {
  return textOf(result) || "Imgwire gave no reason.";
}

function fill(node: HTMLElement, contents: readonly Content[]): void {
  node.replaceChildren(...contents.filter((each) => each !== undefined && each !== false));
}

function mark(): SVGElement {
  return shape(
    "svg",
    { viewBox: "0 0 24 24", class: "mark", role: "img", "aria-label": "Imgwire" },
    shape("rect", { x: 2.5, y: 4, width: 19, height: 16, rx: 3.5 }),
    shape("path", { d: "m3 16.5 5-5.5 4.5 5 3-3 6 5.5" }),
    shape("circle", { cx: 16.5, cy: 9, r: 1.4, fill: "currentColor", stroke: "none" })
  );
}
