/**
 * Shows the whole program on one machine: an offline copy of Imgwire, a real sign-in, and the built stdio
 * server, driven as an agent would drive it, uploading real images from disk to the CDN.
 *
 *     npm run demo                 with the image in the repository
 *     npm run demo -- photo.jpg    and with your own
 *     npm run demo -- --keep       keeps the service running until Ctrl-C, so that you can open the URLs
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import sharp from "sharp";
import { bin, BROWSER, ROOT } from "./program.ts";

interface Service {
  process: ChildProcess;
  mcpUrl: string;
  dashboardUrl: string;
}

const VARIANT_WIDTH = 320;

const USAGE = `Usage: npm run demo -- [--keep] [image...]

Signs in to an offline copy of Imgwire and uploads a sample image to it, and the given ones.

  --keep   keep the service running until Ctrl-C, so that you can open the URLs
  --help   show this
`;

const { values, positionals } = readArguments();
const files = [join(import.meta.dirname, "demo", "sunset.jpg"), ...positionals.map((file) => resolve(file))];
const folder = mkdtempSync(join(tmpdir(), "imgwire-demo-"));

try {
  await demo();
} catch (error) {
  console.error(`demo: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function readArguments() {
  try {
    const given = parseArgs({
      options: { keep: { type: "boolean" }, help: { type: "boolean", short: "h" } },
      allowPositionals: true
    });
    if (!given.values.help) return given;
    process.stdout.write(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`demo: ${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

async function demo(): Promise<void> {
  const missing = files.find((file) => !existsSync(file));
  if (missing) throw new Error(`No such file: ${missing}`);
  const service = await startService();
  try {
    const env = settings(service);
    await signIn(env);
    await actAsAgent(env);
    if (values.keep) await keep(service);
  } finally {
    await stop(service.process);
  }
  step("Done. The offline service has stopped; `npm run demo -- --keep` leaves it running.");
}

async function startService(): Promise<Service> {
  step("Starting an offline copy of Imgwire");
  const args = ["--import", "tsx", join(ROOT, "sandbox/main.ts"), "--json", "--auto-approve"];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`The service exited immediately with code ${code}.`);
  });
  const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
  ended.catch(() => undefined);
  const urls = JSON.parse(line) as { mcpUrl: string; dashboardUrl: string };
  show("MCP server", urls.mcpUrl);
  show("dashboard", urls.dashboardUrl);
  return { process: child, ...urls };
}

/** Uses only the demo's own folder, and not your keychain, configuration, settings or proxy. */
function settings(service: Service): Record<string, string> {
  const inherited = Object.entries(process.env as Record<string, string>);
  return {
    ...Object.fromEntries(inherited.filter(([name]) => !name.startsWith("IMGWIRE_") && name !== "no_proxy")),
    NO_PROXY: "*",
    IMGWIRE_MCP_URL: service.mcpUrl,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_TOKEN_STORE: "file",
    BROWSER,
    DISPLAY: process.env["DISPLAY"] ?? ":0",
    IMGWIRE_UPLOAD_ROOTS: [...new Set(files.map((file) => resolve(file, "..")))].join(
      process.platform === "win32" ? ";" : ":"
    )
  };
}

async function signIn(env: Record<string, string>): Promise<void> {
  step("Signing in: `imgwire login` (only the click in the browser is automated)");
  const child = spawn(process.execPath, [bin("imgwire"), "login"], {
    env,
    stdio: ["ignore", 1, 2]
  });
  const [code] = (await once(child, "exit")) as [number];
  if (code !== 0) throw new Error(`imgwire login failed with exit code ${code}.`);
}

async function actAsAgent(env: Record<string, string>): Promise<void> {
  step("Starting `imgwire-mcp` as an agent would, over stdin and stdout");
  const client = new Client({ name: "demo-agent", version: "1.0.0" });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [bin("imgwire-mcp")],
    env,
    stderr: "inherit"
  });
  await client.connect(transport);
  try {
    const { tools } = await client.listTools();
    show(`${tools.length} tools`, tools.map((tool) => tool.name).join(", "));
    for (const file of files) await uploadAndCheck(client, file);
  } finally {
    await client.close();
  }
}

async function uploadAndCheck(client: Client, file: string): Promise<void> {
  const bytes = readFileSync(file);
  step(`Uploading ${basename(file)} (${bytes.length.toLocaleString("en")} bytes): upload_image with "path"`);
  const uploaded = await call(client, "upload_image", { path: file });
  const image = uploaded["image"] as {
    id: string;
    status: string;
    width: number;
    height: number;
    cdn_url: string;
  };
  show("image", `${image.id}, ${image.status}, ${image.width} × ${image.height}`);
  show("CDN", image.cdn_url);

  const original = await download(image.cdn_url);
  if (sha256(original) !== sha256(bytes)) throw new Error("The stored bytes differ from the file.");
  show("stored bytes", `identical to the file, SHA-256 ${sha256(bytes).slice(0, 16)}…`);

  const { url } = (await call(client, "get_image_url", {
    image_id: image.id,
    width: VARIANT_WIDTH,
    format: "webp"
  })) as { url: string };
  const variant = await sharp(await download(url)).metadata();
  if (variant.width !== VARIANT_WIDTH || variant.format !== "webp") {
    throw new Error(
      `The variant is a ${variant.format} ${variant.width} pixels wide, not a webp ${VARIANT_WIDTH} pixels wide.`
    );
  }
  show("variant", `${variant.width} × ${variant.height} ${variant.format}`);
  show("CDN", url);
}

async function call(
  client: Client,
  name: string,
  args: Record<string, unknown>
): Promise<Record<string, unknown>> {
  const result = await client.callTool({ name, arguments: args });
  const [first] = result.content;
  const text = first?.type === "text" ? first.text : "";
  if (result.isError) throw new Error(`${name} failed: ${text}`);
  return (result.structuredContent ?? JSON.parse(text)) as Record<string, unknown>;
}

async function download(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return Buffer.from(await response.arrayBuffer());
}

async function keep(service: Service): Promise<void> {
  step("The service keeps running, so you can open the URLs above. Press Ctrl-C to stop it.");
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM"), once(service.process, "exit")]);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.stdin?.end();
  await once(child, "exit");
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function step(text: string): void {
  console.log(`\n▸ ${text}`);
}

function show(label: string, value: string): void {
  console.log(`  ${label.padEnd(18)} ${value}`);
}
