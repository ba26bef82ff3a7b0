import { startSandbox } from "../../sandbox/sandbox.ts";
import { signIn } from "../../sandbox/client/oauth.ts";
import { startProgram, type Site } from "./contenders.ts";
import { table } from "./report.ts";

/** Uploads a folder of 500 files in one call, and the first `few` of them in separate calls. */
export async function uploadMany(site: Site, few: number): Promise<void> {
  const agent = startProgram(site);
  await agent.initialize();
  await agent.call("whoami");
  let start = performance.now();
  for (let index = 0; index < few; index += 1) {
    await agent.call("upload_image", { path: `${index}.png`, purpose: "one by one" });
  }
  const single = (performance.now() - start) / few;
  start = performance.now();
  const { result } = await agent.call("upload_images", { paths: ["*.png"], purpose: "together" });
  const together = (performance.now() - start) / 500;
  await agent.kill();
  const { uploaded, failed } = result?.["structuredContent"] as { uploaded: number; failed: number };
  table(
    "500 small files, each hosted call taking 50 ms",
    ["", "per file"],
    [
      ["one call after another", `${single.toFixed(1)} ms`],
      ["upload_images", `${together.toFixed(1)} ms`],
      ["times as fast", (single / together).toFixed(1)],
      ["uploaded, failed", `${uploaded}, ${failed}`]
    ]
  );
}

const FAULTS = [
  { kind: "reset" },
  { kind: "reset-body", bytes: 10_000_000 },
  { kind: "reset-after" },
  { status: 503 },
  { status: 403, body: "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>" }
] as const;

/** Uploads large files while three in ten PUTs hit a fault, and verifies the stored bytes. */
export async function uploadThroughFaults(
  folder: string,
  files: readonly { path: string; sha256: string }[],
  count: number
): Promise<void> {
  const sandbox = await startSandbox({ autoApprove: true, processingMs: 0, accessTokenTtl: 36_000 });
  const { accessToken } = await signIn(sandbox);
  const agent = startProgram({ mcpUrl: sandbox.mcpUrl, accessToken, folder });
  await agent.initialize();
  const images = new Set<string>();
  let wrong = 0;
  let failed = 0;
  let struck = 0;
  for (let index = 0; index < count; index += 1) {
    const file = files[index % files.length];
    const fault = FAULTS[struck % FAULTS.length];
    if (!file || !fault) continue;
    if (index % 10 < 3) {
      struck += 1;
      sandbox.fault({ origin: "storage", method: "PUT", ...fault });
    }
    const { result } = await agent.call("upload_image", { path: file.path, purpose: `fault ${index}` });
    const id = (result?.["structuredContent"] as { image?: { id: string } } | undefined)?.image?.id;
    if (id === undefined) failed += 1;
    else if (sandbox.store.object(id)?.sha256 !== file.sha256) wrong += 1;
    else images.add(id);
  }
  const created = sandbox.stats.mcp.tools["upload_image"];
  await agent.kill();
  await sandbox.close();
  table(
    `${count} uploads of 25 MB through faults`,
    ["", ""],
    [
      ["PUTs that hit a fault", String(struck)],
      ["stored with the same hash", String(images.size)],
      ["stored differently", String(wrong)],
      ["reported as failed", String(failed)],
      ["calls of the hosted upload_image", String(created)]
    ]
  );
}
