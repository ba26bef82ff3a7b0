import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { ConfigTextError, type ConfigFormat } from "../../src/agents/formats/format.ts";
import { json, jsonc } from "../../src/agents/formats/json.ts";
import { toml } from "../../src/agents/formats/toml.ts";
import { yaml } from "../../src/agents/formats/yaml.ts";
import { findReferences } from "../../src/documents/find.ts";
import { Stdio } from "../../src/mcp/agent/stdio.ts";
import { BodyReader, parseMessages } from "../../src/mcp/hosted/http/response-body.ts";
import { identify } from "../../src/transfer/image/identify.ts";
import { MalformedImage, sourceIn } from "../../src/transfer/image/source.ts";
import { findMetadata } from "../../src/transfer/metadata/find.ts";
import { expiresAt, parseTarget, requestHeaders } from "../../src/transfer/signed-request.ts";
import { unpack } from "../../src/transfer/unpack.ts";

/** A parser of untrusted bytes. */
export interface Target {
  name: string;
  readonly run: (this: void, input: Buffer) => unknown;
  /** The errors that it may throw besides ImgwireError. */
  refusals?: readonly (new (...args: never[]) => Error)[];
}

const FILE = { fileName: "x.png", mimeType: "image/png", size: 3, sha256: "00".repeat(32) };

export const TARGETS: readonly Target[] = [
  { name: "image", run: (input) => identify(sourceIn(input)) },
  { name: "metadata", run: readMetadata, refusals: [MalformedImage] },
  { name: "events", run: readAsEvents },
  { name: "json-rpc", run: readAsLines },
  { name: "presigned-url", run: readAsUrl },
  { name: "zip", run: readAsZip },
  config("json", json),
  config("jsonc", jsonc),
  config("toml", toml),
  config("yaml", yaml),
  { name: "markdown", run: (input) => findReferences(input.toString(), "markdown") },
  { name: "html", run: (input) => findReferences(input.toString(), "html") }
];

/** Parses a configuration and, if it is valid, adds an entry and removes it again. */
function config(name: string, format: ConfigFormat): Target {
  return {
    name,
    refusals: [ConfigTextError],
    run(input) {
      const text = input.toString();
      format.parse(text);
      const path = ["servers", "imgwire"];
      const edited = format.edit(text, path, { command: "npx", args: ["-y", "imgwire-mcp"] });
      format.parse(edited);
      format.parse(format.edit(edited, path, undefined));
    }
  };
}

/** Reads the metadata of any input that is a valid image. */
async function readMetadata(input: Buffer): Promise<void> {
  const verdict = await identify(sourceIn(input));
  if (verdict.kind === "image") await findMetadata(sourceIn(input), verdict.mimeType);
}

async function readAsEvents(input: Buffer): Promise<void> {
  async function* chunks(): AsyncGenerator<Buffer, void> {
    for (let at = 0; at < input.length; at += 97) yield await Promise.resolve(input.subarray(at, at + 97));
  }
  const response = { statusCode: 200, headers: {}, body: chunks() };
  const bodies = new BodyReader(() => undefined);
  for await (const { data } of bodies.events(response as never)) for (const each of data) parseMessages(each);
}

async function readAsLines(input: Buffer): Promise<void> {
  const stream = new PassThrough();
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  const stdio = new Stdio(stream, sink);
  stdio.start(
    (line) => void ("text" in line && parseMessages(line.text)),
    () => undefined
  );
  stream.end(input);
  await finished(stream);
}

function readAsUrl(input: Buffer): void {
  const target = parseTarget(input.toString(), { "content-type": input.toString("latin1") });
  requestHeaders(target, FILE);
  expiresAt(target.url);
}

async function readAsZip(input: Buffer): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "imgwire-fuzz-"));
  try {
    const archive = join(folder, "archive.zip");
    writeFileSync(archive, input);
    await unpack(archive, folder, { files: 20, bytes: 1024 * 1024 }, new AbortController().signal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
