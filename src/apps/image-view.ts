import { TransformControls } from "./controls.ts";
import { copy } from "./copy.ts";
import { button, element, icon } from "./element.ts";
import { formatBytes } from "./format.ts";
import type { Page } from "./page.ts";
import type { Picture } from "./pictures.ts";
import { html, markdown, transformed, type Transforms, transformsIn } from "./transforms.ts";

/** How long to wait after the last keystroke before requesting the picture from the CDN, in milliseconds. */
const DEBOUNCE_MS = 300;

/** One image, with controls that build its URL. */
export class ImageView {
  readonly node: HTMLElement;
  readonly #picture = element("img", { decoding: "async" });
  readonly #measures = element("p", { className: "soft" });
  readonly #alt = element("input", { type: "text" });
  readonly #url = element("textarea", { readOnly: true, rows: 3, spellcheck: false });
  readonly #base: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param picture must have a URL */
  constructor(
    private readonly page: Page,
    private readonly picture: Picture & { url: string }
  ) {
    this.#base = picture.url;
    const controls = new TransformControls(transformsIn(picture.url), (transforms) =>
      this.#write(transforms)
    );
    this.#picture.onload = () => this.#loaded();
    this.#picture.onerror = () => this.#refused();
    this.#alt.oninput = () => (this.#picture.alt = this.#alt.value || this.picture.name);
    this.#picture.alt = picture.name;
    this.node = element(
      "div",
      { className: "image-view" },
      element("figure", { className: "stage" }, this.#picture, this.#measures),
      element(
        "section",
        { "aria-label": "Transforms" },
        controls.form,
        element("label", { className: "field" }, element("span", {}, "Alternative text"), this.#alt),
        element("label", { className: "field" }, element("span", {}, "URL"), this.#url),
        this.#actions(controls)
      )
    );
    this.#write(controls.values());
  }

  #actions(controls: TransformControls): HTMLElement {
    const alt = (): string => this.#alt.value;
    const copies = {
      "Copy URL": () => this.#url.value,
      "Copy Markdown": () => markdown(this.#url.value, alt()),
      "Copy HTML": () => html(this.#url.value, alt(), this.#size())
    };
    return element(
      "div",
      { className: "actions" },
      ...Object.entries(copies).map(([label, text], at) =>
        button(label, () => void this.#copy(label, text()), at === 0 ? "primary" : "")
      ),
      this.page.host.can("openLinks") && button("Open", () => void this.#open()),
      button("Reset", () => controls.clear())
    );
  }

  #write(transforms: Transforms): void {
    const url = transformed(this.#base, transforms);
    this.#url.value = url;
    clearTimeout(this.#timer);
    // Load the first picture immediately.
    const wait = this.#picture.src === "" ? 0 : DEBOUNCE_MS;
    this.#timer = setTimeout(() => {
      this.node.setAttribute("aria-busy", "true");
      this.#picture.src = url;
      this.page.host.tellModel(`The user is looking at image ${this.picture.id ?? ""} at ${url}`);
    }, wait);
  }

  #loaded(): void {
    this.node.removeAttribute("aria-busy");
    const { naturalWidth, naturalHeight } = this.#picture;
    const { bytes, width, height } = this.picture;
    const delivered = `${naturalWidth} × ${naturalHeight}`;
    const original = width && height ? `${width} × ${height}` : delivered;
    const size = bytes ? formatBytes(bytes, this.#locale()) : "";
    const parts = delivered === original ? [delivered, size] : [delivered, `original ${original}`, size];
    this.#measures.textContent = parts.filter(Boolean).join(" · ");
    this.page.say("");
  }

  #refused(): void {
    this.node.removeAttribute("aria-busy");
    this.#measures.textContent = "";
    this.page.say("The image couldn't be loaded with these settings.");
  }

  /** The delivered image's size in pixels; undefined until it has loaded. */
  #size(): { width: number; height: number } | undefined {
    const { complete, naturalWidth: width, naturalHeight: height, src } = this.#picture;
    return complete && width > 0 && src === this.#url.value ? { width, height } : undefined;
  }

  async #copy(label: string, text: string): Promise<void> {
    if (await copy(text)) return this.page.say(`${label.replace("Copy ", "")} copied.`);
    this.#url.value = text;
    this.#url.select();
    this.page.say("This app doesn't let the page copy. The text is selected: press Ctrl+C or ⌘C.");
  }

  async #open(): Promise<void> {
    try {
      await this.page.host.openLink(this.#url.value);
    } catch (error) {
      this.page.say((error as Error).message);
    }
  }

  #locale(): string | undefined {
    return this.page.host.context.locale;
  }
}

const STATUS: Readonly<Record<string, string>> = {
  PENDING: "Waiting for the file",
  PROCESSING: "Processing",
  QUARANTINE: "Quarantined"
};

/** Describes the status of an image that isn't delivered. */
export function statusOf({ status }: Picture): string {
  return STATUS[status ?? ""] ?? "Not available yet";
}

/** Creates an icon to show in place of a missing image. */
export function placeholder(): SVGElement {
  return icon("M4 5h16v14H4z", "m4 16 5-5 4 4 2-2 5 4");
}
