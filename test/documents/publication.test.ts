import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs";
import { chmod, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LOCK_FILE, LockFile, mergeLocks } from "../../src/documents/lock-file.ts";
import {
  previewPublication,
  type Publication,
  publishDocuments,
  undoPublication
} from "../../src/documents/publication.ts";
import { ImgwireError, SignInNeededError } from "../../src/errors.ts";
import { removeFolder } from "../support/folder.ts";

const CDN = "https://cdn.imgwire.dev/org/env";
let project: string;
/** The files that were uploaded, in order. */
let sent: string[];

beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "imgwire-documents-")));
  sent = [];
});

afterEach(() => removeFolder(project));

function put(files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), content);
  }
}

function text(name: string): string {
  return readFileSync(join(project, name), "utf8");
}

function hash(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The CDN URL of an image with this content. */
function cdn(content: string): string {
  return `${CDN}/${hash(content).slice(0, 12)}`;
}

function inspect(path: string): Promise<{ sha256: string }> {
  const content = readFileSync(path);
  if (!content.includes("<svg")) return Promise.resolve({ sha256: hash(content) });
  return Promise.reject(new ImgwireError("not_an_image", `${path} is image/svg+xml.`));
}

function context(root = project) {
  return { lock: LockFile.read(project), folders: { project, roots: [root] }, inspect };
}

function publish(names: string[], root?: string, links = false): Promise<Publication> {
  return publishDocuments(
    names.map((name) => join(project, name)),
    {
      ...context(root),
      links,
      upload(paths, tell) {
        for (const path of paths) {
          const content = readFileSync(path, "utf8");
          sent.push(path.slice(project.length + 1));
          if (content.includes("stop")) return Promise.reject(new SignInNeededError("signed out"));
          if (content.includes("fail")) void tell({ path, error: new ImgwireError("quarantined", "no") });
          else
            void tell({
              path,
              sha256: hash(content),
              imageId: hash(content).slice(0, 12),
              cdnUrl: cdn(content)
            });
        }
        return Promise.resolve();
      }
    }
  );
}

const codes = ({ problems }: Publication) => problems.map(({ code }) => code);

describe("the file of a reference", () => {
  type Row = [name: string, reference: string, file: string, suffix?: string];
  const rows: Row[] = [
    ["next to the document", "a.png", "docs/a.png"],
    ["with ./", "./a.png", "docs/a.png"],
    ["above the document", "../img/a.png", "img/a.png"],
    ["from the root", "/img/a.png", "img/a.png"],
    ["with backslashes", "..\\\\img\\\\a.png", "img/a.png"],
    ["with percent-encoding", "my%20pictures/%C3%A9.png", "docs/my pictures/é.png"],
    ["with a literal percent sign", "100%.png", "docs/100%.png"],
    ["to a file whose name looks encoded", "a%20b.png", "docs/a%20b.png"],
    ["with an encoded question mark", "a%3Fb.png", "docs/a?b.png"],
    ["with a query", "a.png?raw=true", "docs/a.png"],
    ["with a fragment", "a.png#gh-dark-mode-only", "docs/a.png", "#gh-dark-mode-only"],
    ["with a query and a fragment", "a.png?raw=true#only-dark", "docs/a.png", "#only-dark"]
  ];
  test.each(rows)("resolves a reference %s: %s", async (_, reference, file, suffix = "") => {
    put({ "docs/x.md": `![a](${reference})\n`, [file]: "A" });
    const publication = await publish(["docs/x.md"]);
    expect(publication.problems).toEqual([]);
    expect(text("docs/x.md")).toBe(`![a](${cdn("A")}${suffix})\n`);
  });

  test("resolves a leading / to the folder given by --root", async () => {
    put({ "docs/x.md": "![a](/img/a.png)\n", "docs/static/img/a.png": "A" });
    await publish(["docs/x.md"], join(project, "docs/static"));
    expect(text("docs/x.md")).toBe(`![a](${cdn("A")})\n`);
  });

  test("resolves relative references against <base>, and leaves them alone if it names another host", async () => {
    put({
      "a.html": `<base href="img/"><img src="a.png">`,
      "b.html": `<base href="https://example.com/"><img src="a.png">`,
      "img/a.png": "A"
    });
    await publish(["a.html", "b.html"]);
    expect(text("a.html")).toBe(`<base href="img/"><img src="${cdn("A")}">`);
    expect(text("b.html")).toBe(`<base href="https://example.com/"><img src="a.png">`);
  });

  test.each([
    "https://example.com/a.png",
    "//example.com/a.png",
    "data:image/png;base64,AAAA",
    "mailto:a.png",
    "file:///etc/passwd",
    "C:/a.png",
    "#fragment",
    "?query",
    "{{ page.image }}",
    "${image}"
  ])("doesn't treat %s as a reference to a file", async (reference) => {
    const document = `<img src="${reference}">`;
    put({ "x.html": document });
    expect(await publish(["x.html"])).toMatchObject({ images: [], problems: [] });
    expect(text("x.html")).toBe(document);
  });

  test("refuses a reference to a file outside the project, even through a symbolic link", async () => {
    put({
      "inner/x.md": "![a](../a.png) ![b](link.png) ![c](/../../../../../../etc/hostname)\n",
      "a.png": "A"
    });
    symlinkSync(join(project, "a.png"), join(project, "inner/link.png"));
    const inner = join(project, "inner");
    const publication = await previewPublication([join(inner, "x.md")], {
      lock: LockFile.read(inner),
      folders: { project: inner, roots: [inner] },
      inspect
    });
    expect(codes(publication).slice(0, 2)).toEqual(["outside", "outside"]);
    expect(publication.images).toEqual([]);
  });
});

describe("publishing", () => {
  test("uploads each image once and changes nothing but the references, byte for byte", async () => {
    const before =
      "\uFEFF# T  \r\n\r\n![a](a.png)\t\n<img alt='a'   src=a.png>\r\n\r\n[x]: <./a.png>\r![y][x] \u00a0😀";
    put({ "x.md": before, "docs/y.html": "<IMG SRC='../a.png'>\n", "a.png": "A" });
    const publication = await publish(["x.md", "docs/y.html"]);
    expect(sent).toEqual(["a.png"]);
    expect(publication.images).toMatchObject([{ uploaded: true, published: { cdnUrl: cdn("A") } }]);
    expect(text("x.md")).toBe(before.replace(/(\.\/)?a\.png/g, cdn("A")));
    expect(text("docs/y.html")).toBe(`<IMG SRC='${cdn("A")}'>\n`);
  });

  test("changes and uploads nothing when it publishes a second time", async () => {
    put({ "x.md": "![a](a.png) ![b](b.png#f)\n", "a.png": "A", "b.png": "B" });
    await publish(["x.md"]);
    const [document, lock] = [text("x.md"), text(LOCK_FILE)];
    sent = [];
    const second = await publish(["x.md"]);
    expect(sent).toEqual([]);
    expect([text("x.md"), text(LOCK_FILE)]).toEqual([document, lock]);
    expect(second.images.map(({ uploaded }) => uploaded)).toEqual([false, false]);
  });

  test("writes the lock file in its documented format", async () => {
    put({ "docs/x.md": "![b](b.png) ![a](../a.png)\n", "docs/b.png": "B", "a.png": "A" });
    await publish(["docs/x.md"]);
    expect(text(LOCK_FILE)).toBe(`{
  "version": 2,
  "images": {
    "a.png": {"sha256":"559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd","image_id":"559aead08264","cdn_url":"https://cdn.imgwire.dev/org/env/559aead08264","references":{"docs/x.md":"../a.png"}},
    "docs/b.png": {"sha256":"df7e70e5021544f4834bbee64a9e3789febc4be81470df629cad6ddb03320a5c","image_id":"df7e70e50215","cdn_url":"https://cdn.imgwire.dev/org/env/df7e70e50215","references":{"docs/x.md":"b.png"}}
  }
}
`);
  });

  test("uploads a changed image again and replaces its URL in every document published after that", async () => {
    put({ "x.md": "![a](a.png)\n", "y.md": "![a](a.png)\n", "z.md": "![a](a.png)\n", "a.png": "A" });
    await publish(["x.md", "y.md", "z.md"]);
    put({ "a.png": "A2" });
    await publish(["x.md"]);
    put({ "a.png": "A3" });
    await publish(["x.md", "y.md"]);
    await publish(["z.md"]);
    expect(sent).toEqual(["a.png", "a.png", "a.png"]);
    expect(["x.md", "y.md", "z.md"].map(text)).toEqual(Array(3).fill(`![a](${cdn("A3")})\n`));
  });

  test("keeps what an author has appended to a published URL", async () => {
    put({ "x.html": "<img src=a.png>", "a.png": "A" });
    await publish(["x.html"]);
    const appended = [`${cdn("A")}@medium`, `${cdn("A")}?w=2&amp;h=3#x`, `${cdn("A")}@small?w=2 2x`];
    put({
      "x.html": `<img src="${appended[0]}"><img src="${appended[1]}"><img srcset="${appended[2]}">`,
      "a.png": "B"
    });
    const before = text("x.html");
    await publish(["x.html"]);
    expect(text("x.html")).toBe(before.replaceAll(cdn("A"), cdn("B")));
  });

  test("keeps the published URL of an image whose file is removed", async () => {
    put({ "x.md": "![a](a.png)\n", "a.png": "A" });
    await publish(["x.md"]);
    const published = text("x.md");
    rmSync(join(project, "a.png"));
    expect(codes(await publish(["x.md"]))).toEqual([]);
    expect(text("x.md")).toBe(published);
  });

  test("updates references to identical files separately once the files differ [documents.equal-files-diverge]", async () => {
    put({
      "x.md": "![a](a.png) ![b](b.png) ![a](./a.png)\n",
      "de/x.md": "![b](../b.png)\n",
      "a.png": "A",
      "b.png": "A"
    });
    await publish(["x.md", "de/x.md"]);
    put({ "b.png": "B" });
    expect(codes(await publish(["x.md", "de/x.md"]))).toEqual([]);
    expect(text("x.md")).toBe(`![a](${cdn("A")}) ![b](${cdn("B")}) ![a](${cdn("A")})\n`);
    expect(text("de/x.md")).toBe(`![b](${cdn("B")})\n`);
    put({ "a.png": "A2" });
    expect(codes(await publish(["x.md", "de/x.md"]))).toEqual([]);
    expect(text("x.md")).toBe(`![a](${cdn("A2")}) ![b](${cdn("B")}) ![a](${cdn("A2")})\n`);
  });

  test("leaves a URL alone if it could stand for either of two files that now differ [documents.equal-files-diverge]", async () => {
    put({ "x.md": "![a](a.png) ![b](b.png)\n", "a.png": "A", "b.png": "A" });
    await publish(["x.md"]);
    put({ "y.md": `![?](${cdn("A")})\n`, "b.png": "B" });
    expect(codes(await publish(["y.md"]))).toEqual(["ambiguous"]);
    expect(text("y.md")).toBe(`![?](${cdn("A")})\n`);
  });

  test("restores every reference as it was written, byte for byte, on undo [documents.undo]", async () => {
    const files = {
      "x.md": "\uFEFF![a](a.png#dark)\r\n![b](<b c.png> 't') ![a](./a.png?raw=true)\n[r]: a.png\n![r]\n",
      "docs/y.html": "<img src='../a.png' srcset=\"../a.png 1x, ../b%20c.png 2x\"><p>é😀\n",
      "docs/equal.md": "![](/a.png) ![](/same.png) ![](../same.png) ![](../a.png)"
    };
    put({ ...files, "a.png": "A", "b c.png": "B", "same.png": "A" });
    const names = Object.keys(files);
    expect(codes(await publish(names))).toEqual([]);
    expect(names.every((name) => text(name).includes(CDN))).toBe(true);
    put({ "b c.png": "B2" });
    await publish(names);
    rmSync(join(project, "a.png"));
    await undoPublication(
      names.map((name) => join(project, name)),
      context(),
      false
    );
    expect(names.map(text)).toEqual(Object.values(files));
    expect(text(LOCK_FILE)).not.toContain("references");
  });

  test("rewrites embeds, CSS and notebooks once, and restores them on undo [documents.dialects]", async () => {
    const files = {
      "note.md": "---\ncover: img/a.png\n---\n![[a.png|300]] and ![[b c.png]]\n",
      "x.css": "a{background:url(img/a.png)}",
      "n.ipynb": '{"cells":[{"cell_type":"markdown","source":["![a](img/a.png)\\n"]}]}'
    };
    put({ ...files, "img/a.png": "A", "deep/b c.png": "B" });
    const names = Object.keys(files);
    expect(codes(await publish(names))).toEqual([]);
    const after = names.map(text);
    expect(after).toEqual([
      `---\ncover: ${cdn("A")}\n---\n![300](${cdn("A")}) and ![](${cdn("B")})\n`,
      `a{background:url(${cdn("A")})}`,
      `{"cells":[{"cell_type":"markdown","source":["![a](${cdn("A")})\\n"]}]}`
    ]);
    expect(codes(await publish(names))).toEqual([]);
    expect(names.map(text)).toEqual(after);
    const paths = names.map((name) => join(project, name));
    await undoPublication(paths, context(), false);
    expect(names.map(text)).toEqual(Object.values(files));
  });

  test("reports a delivery URL that the lock file doesn't contain [documents.unknown-urls]", async () => {
    const unknown = "https://cdn.imgwire.dev/org/env/0b5bd5ce-6c7d-4a3e-9d2e-1f2a3b4c5d6e";
    put({ "x.md": `![a](${unknown}) ![b](${unknown}@small?w=2) ![c](https://example.com/c.png)\n` });
    expect(codes(await publish(["x.md"]))).toEqual(["unknown_delivery_url", "unknown_delivery_url"]);
  });

  test("leaves an expression alone and reports it [documents.expressions]", async () => {
    const before = '<img src={logo} />\n\n<img src={logo.dark} alt="x">\n';
    put({ "x.md": before, "a.png": "A" });
    expect(codes(await publish(["x.md"]))).toEqual(["unresolved", "unresolved"]);
    expect(text("x.md")).toBe(before);
  });

  test("reads a page with 150,000 siblings, and publishes the rest despite a bad document [documents.large]", async () => {
    put({
      "x.html": `${"<p>x</p>".repeat(150_000)}<img src=a.png>`,
      "y.md": "![a](a.png)\n",
      "a.png": "A"
    });
    expect(codes(await publish(["x.html", "gone.md", "y.md"]))).toEqual(["document_unreadable"]);
    expect(text("x.html").endsWith(`<img src=${cdn("A")}>`)).toBe(true);
    expect(text("y.md")).toContain(CDN);
  });

  test("doesn't rewrite a read-only document [documents.read-only]", async () => {
    put({ "x.md": "![a](a.png)\n", "a.png": "A" });
    await chmod(join(project, "x.md"), 0o444);
    expect(codes(await publish(["x.md"]))).toEqual(["file_unwritable"]);
    expect(text("x.md")).toBe("![a](a.png)\n");
  });

  test("doesn't write the lock file through a link out of the project [documents.lock-link]", async () => {
    put({ "x.md": "![a](a.png)\n", "a.png": "A" });
    const elsewhere = join(dirname(project), `${basename(project)}-elsewhere.json`);
    const before = '{"version":2,"images":{}}';
    writeFileSync(elsewhere, before);
    symlinkSync(elsewhere, join(project, LOCK_FILE));
    await expect(publish(["x.md"])).rejects.toMatchObject({ code: "lock_file_unwritable" });
    expect(readFileSync(elsewhere, "utf8")).toBe(before);
    rmSync(elsewhere);
  });

  test("merges the lock files of two branches, even with conflict markers [documents.lock-merges]", async () => {
    put({ "x.md": "![a](a.png)\n", "y.md": "![b](b.png)\n", "a.png": "A", "b.png": "B" });
    await publish(["x.md"]);
    const ours = text(LOCK_FILE);
    rmSync(join(project, LOCK_FILE));
    await publish(["y.md"]);
    const theirs = text(LOCK_FILE);
    const merged = mergeLocks(ours, theirs);
    const image = (from: string) => from.split("\n").find((line) => line.includes("cdn_url")) ?? "";
    put({
      [LOCK_FILE]: `{\n  "version": 2,\n  "images": {\n<<<<<<< HEAD\n${image(ours)}\n=======\n${image(theirs)}\n>>>>>>> b\n  }\n}\n`
    });
    sent = [];
    expect(codes(await publish(["x.md", "y.md"]))).toEqual([]);
    expect(sent).toEqual([]);
    expect(text(LOCK_FILE)).toBe(merged);
  });

  test("reports each image that can't be published with its position, and publishes the rest", async () => {
    put({
      "x.md": "# T\n\n![a](a.png) ![m](missing.png)\n![s](s.svg)\n![f](f.png)\n",
      "a.png": "A",
      "s.svg": "<svg/>",
      "f.png": "fail"
    });
    const publication = await publish(["x.md"]);
    expect(publication.problems.map(({ line, column, url, code }) => [line, column, url, code])).toEqual([
      [5, 6, "f.png", "quarantined"],
      [3, 18, "missing.png", "missing"],
      [4, 6, "s.svg", "not_an_image"]
    ]);
    expect(text("x.md")).toBe(`# T\n\n![a](${cdn("A")}) ![m](missing.png)\n![s](s.svg)\n![f](f.png)\n`);
  });

  test("leaves a document that isn't UTF-8 untouched, and publishes the rest", async () => {
    const latin = Buffer.from("![é](a.png)\n", "latin1");
    put({
      "latin.md": latin,
      "utf16.md": Buffer.from("\uFEFF![a](a.png)\n", "utf16le"),
      "x.md": "![a](a.png)\n",
      "a.png": "A"
    });
    expect(codes(await publish(["latin.md", "utf16.md", "x.md"]))).toEqual([
      "document_encoding",
      "document_encoding"
    ]);
    expect(readFileSync(join(project, "latin.md"))).toEqual(latin);
    expect(text("x.md")).toContain(CDN);
  });

  test("doesn't upload again what was uploaded before an interruption", async () => {
    put({ "x.md": "![a](a.png) ![s](s.png)\n", "a.png": "A", "s.png": "stop" });
    await expect(publish(["x.md"])).rejects.toThrow(SignInNeededError);
    expect(text("x.md")).toBe("![a](a.png) ![s](s.png)\n");
    put({ "s.png": "S" });
    sent = [];
    await publish(["x.md"]);
    expect(sent).toEqual(["s.png"]);
    expect(text("x.md")).toBe(`![a](${cdn("A")}) ![s](${cdn("S")})\n`);
  });

  test("leaves a document that is edited during the uploads to the next run", async () => {
    put({ "x.md": "![a](a.png)\n", "a.png": "A" });
    const edited = "![a](a.png) edited\n";
    const publication = await publishDocuments([join(project, "x.md")], {
      ...context(),
      upload([path = ""], tell) {
        void tell({ path, sha256: hash("A"), imageId: "a", cdnUrl: cdn("A") });
        put({ "x.md": edited });
        return Promise.resolve();
      }
    });
    expect(codes(publication)).toEqual(["document_changed"]);
    expect(text("x.md")).toBe(edited);
  });

  test.each(["javascript:alert(1)", "not a URL", "file:///a.png"])(
    "doesn't write %s, received from the server, as a CDN URL",
    async (cdnUrl) => {
      put({ "x.md": "![a](a.png)\n", "a.png": "A" });
      const publication = await publishDocuments([join(project, "x.md")], {
        ...context(),
        upload([path = ""], tell) {
          void tell({ path, sha256: hash("A"), imageId: "a", cdnUrl });
          return Promise.resolve();
        }
      });
      expect(codes(publication)).toEqual(["no_delivery_url"]);
      expect(text("x.md")).toBe("![a](a.png)\n");
    }
  );

  test("leaves the documents unchanged if the lock file can't be written", async () => {
    put({ "x.md": "![a](a.png)\n", "a.png": "A" });
    const { lock, ...rest } = context();
    put({ [`${LOCK_FILE}/in-the-way`]: "" });
    const publishing = publishDocuments([join(project, "x.md")], {
      ...rest,
      lock,
      upload: ([path = ""], tell) => tell({ path, sha256: hash("A"), imageId: "a", cdnUrl: cdn("A") })
    });
    await expect(publishing).rejects.toMatchObject({ code: "lock_file_unwritable" });
    expect(text("x.md")).toBe("![a](a.png)\n");
  });

  test("keeps the permissions and symbolic links of a document", async () => {
    put({ "docs/x.md": "![a](a.png)\n", "docs/a.png": "A" });
    await chmod(join(project, "docs/x.md"), 0o640);
    symlinkSync("x.md", join(project, "docs/link.md"));
    await publish(["docs/link.md"]);
    expect(text("docs/x.md")).toContain(CDN);
    expect((await stat(join(project, "docs/x.md"))).mode & 0o777).toBe(0o640);
  });
});

test("writes nothing in a preview, and shows an invalid URL for an image that isn't uploaded yet", async () => {
  put({ "x.md": "![a](a.png) ![b](b c.png) ![b](<b c.png>)\n", "a.png": "A", "b c.png": "B" });
  await publish(["x.md"]);
  put({ "y.md": text("x.md"), "a.png": "A2" });
  const { documents } = await previewPublication([join(project, "y.md")], context());
  expect(documents[0]?.after).toBe(
    `![a](https://not-uploaded-yet.invalid/a.png) ![b](b c.png) ![b](<${cdn("B")}>)\n`
  );
  expect(text("y.md")).toBe(documents[0]?.before);
});

describe("an unusable lock file", () => {
  test.each([
    ["is truncated", '{"version": 1, "ima', "JSON"],
    ["has conflict markers around all of it", "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> b\n", "JSON"],
    [
      "is from a later version",
      '{"version": 3, "images": []}',
      "it has format 3, and this version of imgwire reads format 2"
    ],
    [
      "contains an invalid URL",
      `{"version":1,"images":{"a":{"sha256":"${"0".repeat(64)}","image_id":"a","cdn_url":"javascript:x"}}}`,
      "not an http(s) URL at images.a.cdn_url"
    ]
  ])("refuses a lock file that %s, and keeps it", async (_, content, reason) => {
    put({ [LOCK_FILE]: content, "x.md": "![a](a.png)\n", "a.png": "A" });
    await expect((async () => publish(["x.md"]))()).rejects.toMatchObject({
      code: "lock_file_unusable",
      message: expect.stringContaining(reason) as string
    });
    expect(text(LOCK_FILE)).toBe(content);
  });
});

test("publishes images that HTML links to on request, and updates them from then on [documents.html-links]", async () => {
  const page = '<a href="big.png"><img src="small.png"></a> <a href="page.html">x</a>\n';
  put({ "x.html": page, "big.png": "big", "small.png": "small" });
  await publish(["x.html"]);
  expect(text("x.html")).toBe(page.replace("small.png", cdn("small")));
  expect(codes(await publish(["x.html"], project, true))).toEqual([]);
  const published = page.replace("small.png", cdn("small")).replace("big.png", cdn("big"));
  expect(text("x.html")).toBe(published);
  put({ "big.png": "bigger" });
  await publish(["x.html"]);
  expect(text("x.html")).toBe(published.replace(cdn("big"), cdn("bigger")));
  await undoPublication([join(project, "x.html")], context(), false);
  expect(text("x.html")).toBe(page);
});

describe("MDX", () => {
  const PAGE = `---
image: img/a.png
---
import hero from '@site/static/hero.png';
import icon from "./icon.png"
import other from './other.png';

![a](img/a.png)

<img src={hero} width={300}/> <img src={icon}/> <Image src={other}/>
<img src={require('./icon.png').default}/> <img src={require("./icon.png")} srcSet="img/a.png 2x"/>
{/* ![a](img/a.png) */}
<img src="@unknown/a.png"/>
`;

  const files = {
    "docs/page.mdx": PAGE,
    "docs/img/a.png": "a",
    "docs/icon.png": "icon",
    "docs/other.png": "other",
    "static/hero.png": "hero"
  };
  const aliased = () => ({
    ...context(),
    folders: { project, roots: [project], aliases: new Map([["@site", project]]) }
  });
  const path = () => join(project, "docs/page.mdx");
  const run = () =>
    publishDocuments([path()], {
      ...aliased(),
      upload(paths, tell) {
        for (const each of paths) {
          const content = readFileSync(each, "utf8");
          void tell({ path: each, sha256: hash(content), imageId: "i", cdnUrl: cdn(content) });
        }
        return Promise.resolve();
      }
    });

  test("publishes MDX, updates its images, and restores it byte for byte [documents.mdx]", async () => {
    put(files);
    const first = await run();
    expect(codes(first)).toEqual(["unresolved", "unresolved"]);
    expect(text("docs/page.mdx")).toContain(
      `export const hero = "${cdn("hero")}";\nexport const icon = "${cdn("icon")}"\n`
    );
    expect(text("docs/page.mdx")).toContain(
      `<img src={"${cdn("icon")}"}/> <img src={"${cdn("icon")}"} srcSet="${cdn("a")} 2x"/>`
    );
    expect(text("docs/page.mdx")).toContain("import other from './other.png';");
    const published = text("docs/page.mdx");
    await run();
    expect(text("docs/page.mdx")).toBe(published);
    put({ "docs/icon.png": "another" });
    await run();
    expect(text("docs/page.mdx")).toBe(published.replaceAll(cdn("icon"), cdn("another")));
    await undoPublication([path()], aliased(), false);
    expect(text("docs/page.mdx")).toBe(PAGE);
  });

  test("reports MDX that can't be parsed and leaves it unchanged [documents.mdx]", async () => {
    const broken = "<img src='a.png'>\n\n{";
    put({ ...files, "docs/page.mdx": broken });
    expect(codes(await run())).toEqual(["document_invalid"]);
    expect(text("docs/page.mdx")).toBe(broken);
  });
});
