import { copy } from "./copy.ts";
import { button, element, icon } from "./element.ts";
import { formatBytes } from "./format.ts";
import { Page, reasonOf } from "./page.ts";
import { listingIn, type Picture } from "./pictures.ts";
import { markdown, thumbnail } from "./transforms.ts";

/** The tool's limit per call. */
const MAX_BYTES = 10_000_000;
const THUMBNAIL_PX = 96;

/** A selected file and its row in the list. */
interface Row {
  file: File;
  node: HTMLLIElement;
  picture?: Picture;
}

const rows: Row[] = [];
const waiting: Row[] = [];
let isUploading = false;

const page = new Page("upload", "Upload images", {});
const list = element("ul", { className: "rows", "aria-label": "Selected images" });
const strip = element("input", { type: "checkbox" });
const summary = element("div", { className: "actions" });
void page.open().then(showDropZone);

function showDropZone(): void {
  if (!page.host.can("serverTools"))
    return page.failed("This app doesn't let pages upload files. Give your agent the file's path instead.");
  const input = element("input", {
    type: "file",
    multiple: true,
    accept: "image/*,.heic,.heif,.jxl",
    className: "unseen"
  });
  input.tabIndex = -1;
  input.ariaHidden = "true";
  input.onchange = () => {
    add(input.files);
    input.value = "";
  };
  page.show(
    dropZone(() => input.click()),
    input,
    element("label", { className: "check" }, strip, "Remove location, serial numbers and names first"),
    list,
    summary
  );
}

function dropZone(choose: () => void): HTMLElement {
  const zone = element(
    "div",
    { className: "drop" },
    icon("M12 16V4", "m7 9 5-5 5 5", "M4 16v4h16v-4"),
    element("p", {}, "Drop images here"),
    button("Choose images", choose, "primary"),
    element(
      "p",
      { className: "soft" },
      `JPEG, PNG, WebP, AVIF, GIF, HEIC and more, up to ${formatBytes(MAX_BYTES, locale())} each`
    )
  );
  const over = (isOver: boolean) => (event: DragEvent) => {
    event.preventDefault();
    zone.classList.toggle("over", isOver);
  };
  zone.ondragenter = zone.ondragover = over(true);
  zone.ondragleave = over(false);
  zone.ondrop = (event) => {
    over(false)(event);
    add(event.dataTransfer?.files ?? null);
  };
  return zone;
}

// Otherwise the browser would open a file dropped outside the zone in place of the page.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => event.preventDefault());

function add(files: FileList | null): void {
  for (const file of files ?? []) {
    const row: Row = { file, node: element("li") };
    rows.push(row);
    list.append(row.node);
    if (file.size > MAX_BYTES)
      describe(row, "Too large to send from this page. Give your agent the file's path instead.", "failed");
    else {
      describe(row, "Waiting");
      waiting.push(row);
    }
  }
  void uploadWaiting();
}

async function uploadWaiting(): Promise<void> {
  if (isUploading) return;
  isUploading = true;
  for (let row = waiting.shift(); row; row = waiting.shift()) await upload(row);
  isUploading = false;
  report();
}

async function upload(row: Row): Promise<void> {
  const { file } = row;
  describe(row, "Uploading…");
  page.say(`Uploading ${file.name}`);
  try {
    const args = {
      file_name: file.name,
      data: await base64(file),
      ...(strip.checked && { strip_metadata: true })
    };
    const result = await page.host.callTool("upload_image_bytes", args);
    const [picture] = listingIn(result).pictures;
    if (result.isError || !picture) return describe(row, reasonOf(result), "failed");
    row.picture = picture;
    showUploaded(row, picture);
  } catch (error) {
    describe(row, (error as Error).message, "failed");
  }
}

function showUploaded(row: Row, { url }: Picture): void {
  describe(row, url ? "Uploaded" : "Uploaded; still processing", "done");
  if (url === undefined) return;
  row.node.prepend(element("img", { src: thumbnail(url, THUMBNAIL_PX), alt: "", className: "mini" }));
  row.node.append(copyButton("Copy URL", url, row), copyButton("Copy Markdown", markdown(url, ""), row));
}

function copyButton(label: string, text: string, { file }: Row): HTMLButtonElement {
  const copied = async (): Promise<void> => {
    const isCopied = await copy(text);
    page.say(
      isCopied
        ? `${label.replace("Copy ", "")} copied.`
        : `This app doesn't let the page copy. Copy it from here: ${text}`
    );
  };
  const made = button(label, () => void copied(), "small");
  made.ariaLabel = `${label} of ${file.name}`;
  return made;
}

function describe({ file, node }: Row, state: string, kind = ""): void {
  node.className = kind;
  node.replaceChildren(
    element("div", {}, element("strong", {}, file.name), element("span", { className: "soft" }, state))
  );
}

/** Reports the result, and lets the model and the user continue with the uploaded images. */
function report(): void {
  const uploaded = rows.flatMap(({ file, picture }) => (picture ? [{ file: file.name, ...picture }] : []));
  const failed = rows.length - uploaded.length;
  page.say(`${uploaded.length} uploaded${failed > 0 ? `, ${failed} failed` : ""}.`);
  if (uploaded.length === 0) return;
  const lines = uploaded.map(({ file, id, url }) => `${JSON.stringify(file)}: ${url ?? `image ${id ?? ""}`}`);
  const text = `I have uploaded these images:\n${lines.join("\n")}`;
  page.host.tellModel(text);
  const tell = (): void => void page.host.say(text).catch((error: Error) => page.say(error.message));
  summary.replaceChildren(...(page.host.can("message") ? [button("Tell the agent", tell, "primary")] : []));
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve((reader.result as string).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(new Error("This file can't be read."));
    reader.readAsDataURL(file);
  });
}

function locale(): string | undefined {
  return page.host.context.locale;
}
