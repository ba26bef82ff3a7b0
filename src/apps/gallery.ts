import { button, type Content, element, icon } from "./element.ts";
import { formatBytes } from "./format.ts";
import { ImageView, placeholder, statusOf } from "./image-view.ts";
import { Page, reasonOf } from "./page.ts";
import type { ToolResult } from "./host.ts";
import { type Failure, type Listing, listingIn, type Picture } from "./pictures.ts";
import { thumbnail } from "./transforms.ts";

const LIST = "list_images";
const THUMBNAIL_PX = 400;

let args: Record<string, unknown> = {};
let listing: Listing | undefined;

const page = Page.ofCall("gallery", "Images", {
  input: (given) => (args = given),
  result: showResult
});

function showResult(result: ToolResult): void {
  const found = listingIn(result);
  if (result.isError && found.failures.length === 0) return page.failed(reasonOf(result));
  listing = found;
  showAll();
}

/** @param focused the picture to focus, if the user returns from it */
function showAll(focused?: Picture): void {
  const { pictures, failures, omitted } = listing!;
  const cards = pictures.map(card);
  page.title(listing!.page === undefined && pictures.length > 0 ? "Uploaded images" : "Images");
  page.tools(...paging());
  page.show(
    cards.length > 0
      ? element("ul", { className: "grid" }, ...cards.map((each) => element("li", {}, each)))
      : failures.length === 0 && element("p", { className: "soft empty" }, "There are no images here yet."),
    omitted > 0 && element("p", { className: "soft" }, `${omitted} more not shown.`),
    failures.length > 0 && failureList(failures)
  );
  if (focused) cards[pictures.indexOf(focused)]?.focus();
}

function card(picture: Picture): HTMLButtonElement {
  const { name, url, width, height, bytes } = picture;
  const size = width && height ? `${width} × ${height}` : "";
  const weight = bytes ? formatBytes(bytes, page.host.context.locale).replace(" ", "\u00a0") : "";
  const about = url ? [size, weight].filter(Boolean).join(" · ") : statusOf(picture);
  const view = element("span", { className: "thumb" }, url ? lazyImage(url) : placeholder());
  const made = button(view, () => showOne(picture), "card");
  made.append(element("strong", {}, name), element("span", { className: "soft" }, about || "\u00a0"));
  made.disabled = url === undefined;
  return made;
}

/** Has no alternative text, because the image's name is shown next to it. */
function lazyImage(url: string): HTMLImageElement {
  return element("img", { src: thumbnail(url, THUMBNAIL_PX), alt: "", loading: "lazy", decoding: "async" });
}

function showOne(picture: Picture): void {
  const { url } = picture;
  if (url === undefined) return;
  const back = button(icon("M15 5l-7 7 7 7"), () => showAll(picture), "back");
  back.append("All images");
  page.title(picture.name);
  page.tools(back);
  page.show(new ImageView(page, { ...picture, url }).node);
  back.focus();
  scrollTo(0, 0);
}

function failureList(failures: readonly Failure[]): HTMLElement {
  return element(
    "section",
    { className: "error" },
    element("h2", {}, failures.length === 1 ? "One file failed" : `${failures.length} files failed`),
    element(
      "ul",
      {},
      ...failures.map(({ name, reason }) => element("li", {}, element("strong", {}, name), ` ${reason}`))
    )
  );
}

/** Creates buttons for the other pages, if there are any and the host lets this page call tools. */
function paging(): Content[] {
  const { pictures, page: number, limit, total } = listing!;
  if (number === undefined || !page.host.can("serverTools")) return [];
  const last = total && limit ? Math.ceil(total / limit) : undefined;
  const hasMore = last === undefined ? pictures.length === limit : number < last;
  const turn = (label: string, path: string, by: number, isPossible: boolean): HTMLButtonElement => {
    const made = roundButton(label, icon(path), () => load(number + by));
    made.disabled = !isPossible;
    return made;
  };
  const turning = [
    turn("Previous page", "M15 5l-7 7 7 7", -1, number > 1),
    element("span", { className: "soft" }, last ? `Page ${number} of ${last}` : `Page ${number}`),
    turn("Next page", "M9 5l7 7-7 7", 1, hasMore)
  ];
  const refresh = roundButton("Refresh", icon("M20 11a8 8 0 1 0-2.3 6.3", "M20 4v7h-7"), () => load(number));
  return number === 1 && !hasMore ? [refresh] : [...turning, refresh];
}

function roundButton(label: string, sign: SVGElement, action: () => Promise<void>): HTMLButtonElement {
  const made = button(sign, () => void action(), "round");
  made.ariaLabel = label;
  return made;
}

async function load(number: number): Promise<void> {
  const focused = document.activeElement?.ariaLabel;
  const result = await page.call(LIST, { ...args, page: number });
  if (!result) return;
  showResult(result);
  const again = [...document.querySelectorAll<HTMLButtonElement>(".tools button")];
  (
    again.find((each) => each.ariaLabel === focused && !each.disabled) ?? again.find((each) => !each.disabled)
  )?.focus();
}
