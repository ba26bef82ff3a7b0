import { randomBytes } from "node:crypto";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { decode } from "sixel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { Terminal } from "../../scripts/terminal/terminal.ts";
import { bin, imgwire, ROOT } from "../support/program.ts";
import { type SignedIn, startSignedIn } from "../support/signed-in.ts";
import { put } from "../transfer/samples.ts";

const ATTRIBUTES_QUERY = "\u001b[c";
const ATTRIBUTES = "\u001b[?62;22c";
const SIXEL_ATTRIBUTES = "\u001b[?62;4;22c";
const KITTY_OK = "\u001b_Gi=31;OK\u001b\\";
const ITERM_VERSION = "\u001bP>|iTerm2 3.5.0\u001b\\";
const COLUMNS = 32;
const COLUMNS_OF_THUMBNAIL = 8;

let sandbox: Sandbox;
let env: Record<string, string>;
let folder: SignedIn["folder"];
let sunset: { image_id: string; cdn_url: string };
let noise: typeof sunset;
let thumbnail: Buffer;

beforeAll(async () => {
  ({ sandbox, folder, env } = await startSignedIn({ COLORTERM: "truecolor" }));
  copyFileSync(join(ROOT, "scripts/demo/sunset.jpg"), join(folder.path, "sunset.jpg"));
  const raw = { width: 150, height: 150, channels: 4 } as const;
  await put(folder.path, "noise.png", await sharp(randomBytes(90_000), { raw }).png().toBuffer());
  const files = ["sunset.jpg", "noise.png"].map((name) => join(folder.path, name));
  const { stdout } = await imgwire(["upload", ...files, "--json"], env);
  [sunset, noise] = (JSON.parse(stdout) as { files: [typeof sunset, typeof noise] }).files;
  const response = await fetch(`${sunset.cdn_url}@thumbnail?format=png`);
  thumbnail = Buffer.from(await response.arrayBuffer());
});
afterAll(async () => {
  await sandbox.close();
  await folder.remove();
});

/** Runs a command on a terminal that answers its queries with `given`. */
async function run(
  args: readonly string[],
  given: string | undefined,
  { columns = 80, more = {} } = {}
): Promise<Terminal> {
  const terminal = new Terminal([process.execPath, bin("imgwire"), ...args], {
    columns,
    env: { ...env, ...more },
    ...(given !== undefined && {
      answer: (output: string) => (output.includes(ATTRIBUTES_QUERY) ? given : undefined)
    })
  });
  expect(await terminal.exited).toBe(0);
  return terminal;
}

async function show(
  given: string | undefined,
  { id = sunset.image_id, args = [] as string[], more = {} } = {}
): Promise<Terminal> {
  const terminal = await run(["show", id, ...args], given, { more });
  expect(terminal.text()).toContain("mime_type");
  return terminal;
}

async function thumbnailAt(width: number, height: number): Promise<Buffer> {
  return sharp(thumbnail)
    .resize(width, height, { kernel: "cubic", fit: "fill" })
    .removeAlpha()
    .raw()
    .toBuffer();
}

describe("a preview [cli.preview]", { timeout: 60_000 }, () => {
  it("sends the CDN's thumbnail to kitty in chunks", async () => {
    const { output } = await show(KITTY_OK + ATTRIBUTES);
    // eslint-disable-next-line no-control-regex -- the sequences begin with a control character
    const pieces = [...output.matchAll(/\u001b_G([^;]*);([^\u001b]*)\u001b\\/g)].filter(
      ([, control]) => !control!.includes("a=q")
    );
    expect(pieces[0]![1]).toMatch(/^a=T,f=100,q=2,c=32,r=16,m=1$/);
    expect(pieces.map(([, control]) => control!.at(-1))).toEqual([...pieces.slice(1).map(() => "1"), "0"]);
    expect(Buffer.from(pieces.map(([, , data]) => data).join(""), "base64").equals(thumbnail)).toBe(true);
  });

  it("sends the CDN's thumbnail to iTerm2", async () => {
    const { output } = await show(ITERM_VERSION + ATTRIBUTES);
    // eslint-disable-next-line no-control-regex -- the sequence begins with a control character
    const [, size, data] = /\u001b\]1337;File=inline=1;size=(\d+);width=32;[^:]*:([^\u0007]*)\u0007/.exec(
      output
    )!;
    expect(Number(size)).toBe(thumbnail.length);
    expect(Buffer.from(data!, "base64").equals(thumbnail)).toBe(true);
  });

  it("draws the thumbnail in sixels of its colours", async () => {
    const { output } = await show(SIXEL_ATTRIBUTES);
    // eslint-disable-next-line no-control-regex -- the sequence begins with a control character
    const sequence = /\u001bP[\d;]*q([^\u001b]*)\u001b\\/.exec(output)![1]!;
    const { width, height, data32 } = decode(sequence);
    expect({ width, height }).toEqual({ width: 150, height: 150 });
    const expected = await sharp(thumbnail).removeAlpha().raw().toBuffer();
    const mean = (values: ArrayLike<number>, step: number, at: number): number => {
      let sum = 0;
      for (let index = at; index < values.length; index += step) sum += values[index]!;
      return (sum * step) / values.length;
    };
    const drawn = new Uint8Array(data32.buffer, data32.byteOffset, data32.byteLength);
    for (const channel of [0, 1, 2]) {
      expect(Math.abs(mean(drawn, 4, channel) - mean(expected, 3, channel))).toBeLessThan(6);
    }
  });

  it("draws the thumbnail in half blocks of its colours on any other terminal", async () => {
    const terminal = await show(undefined);
    const rows = terminal
      .cells()
      .slice(0, COLUMNS / 2)
      .map((cells) => cells.slice(0, COLUMNS));
    const expected = await thumbnailAt(COLUMNS, COLUMNS);
    let off = 0;
    for (const [y, row] of rows.entries()) {
      for (const [x, { upper, lower }] of row.entries()) {
        for (const [offset, color] of [upper, lower].entries()) {
          const at = ((2 * y + offset) * COLUMNS + x) * 3;
          off += Math.abs((color >> 16) - expected[at]!) + Math.abs((color & 255) - expected[at + 2]!);
        }
      }
    }
    expect(off / (COLUMNS * COLUMNS * 2)).toBeLessThan(12);
  });

  it("waits only briefly for a terminal that never answers", async () => {
    expect((await show("")).output).toContain("▀");
  });

  it.each([
    ["with --no-preview", { args: ["--no-preview"] }],
    ["with NO_COLOR", { more: { NO_COLOR: "1" } }],
    ["with IMGWIRE_ACCESSIBLE", { more: { IMGWIRE_ACCESSIBLE: "1" } }],
    ["under an agent", { more: { CLAUDECODE: "1" } }],
    ["on a dumb terminal", { more: { TERM: "dumb" } }],
    ["with --json", { args: ["--json"] }]
  ])("shows no preview and doesn't query the terminal %s", async (_, options) => {
    const { output } = await show(KITTY_OK + ATTRIBUTES, options);
    expect(output).not.toContain(ATTRIBUTES_QUERY);
    expect(output).not.toContain("▀");
    expect(output).not.toContain("\u001b_G");
  });

  it("leaves out a thumbnail of more than 64 KB", async () => {
    const { output } = await show(KITTY_OK + ATTRIBUTES, { id: noise.image_id });
    expect(output).not.toContain("a=T");
  });

  it("shows no preview in a pipe", async () => {
    const { stdout } = await imgwire(["show", sunset.image_id], env);
    expect(stdout).not.toContain("\u001b");
  });
});

describe("the thumbnails of a list [cli.preview]", { timeout: 60_000 }, () => {
  const facts: unknown = expect.stringMatching(/kB {2}\d+×\d+ /);
  const shown = ["noise.png", facts, "ID", "sunset.jpg", facts, "ID"];

  /** The lines of the screen without the eight columns of the thumbnails and the gap beside them. */
  function beside(terminal: Terminal): string[] {
    const lines = terminal.lines().map((line) => line.slice(COLUMNS_OF_THUMBNAIL + 2));
    return lines.filter((line) => line !== "").map((line) => line.replace(/^[0-9a-f-]{36}$/, "ID"));
  }

  it("draws a list's thumbnails in half blocks next to the text, and leaves one of more than 64 KB blank", async () => {
    const terminal = await run(["list"], undefined);
    expect(beside(terminal)).toEqual(shown);
    const [noiseRow, , , , , sunsetRow] = terminal.lines();
    expect(noiseRow).toMatch(/^ {10}noise\.png$/);
    expect(sunsetRow).toMatch(/^▀{8} {2}sunset\.jpg$/);
  });

  it.each([
    ["kitty", KITTY_OK + ATTRIBUTES, /_Ga=T,f=100,q=2,c=8,r=4,/g],
    ["iTerm2", ITERM_VERSION + ATTRIBUTES, /\]1337;File=[^:]*;width=8;height=4;/g],
    ["terminals with sixels", SIXEL_ATTRIBUTES, /P0;1q"1;1;80;80/g],
    ["terminals that report the size of their cells", `\u001b[6;30;15t${SIXEL_ATTRIBUTES}`, /"1;1;120;120/g]
  ])(
    "sends a list's thumbnails to %s in eight columns and four rows next to the text",
    async (_, given, drawn) => {
      const terminal = await run(["list"], given);
      expect(terminal.output.match(drawn)).toHaveLength(1);
      expect(beside(terminal)).toEqual(shown);
    }
  );

  it.each([
    ["with --no-preview", ["--no-preview"], 80],
    ["with --all", ["--all"], 80],
    ["on a narrow terminal", [], 47],
    ["as Markdown", ["--format", "markdown"], 80]
  ])("leaves out a list's thumbnails %s", async (_, args, columns) => {
    const { output } = await run(["list", ...args], KITTY_OK + ATTRIBUTES, { columns });
    expect(output).toContain("sunset");
    expect(output).not.toContain(ATTRIBUTES_QUERY);
  });
});
