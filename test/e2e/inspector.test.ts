import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baseEnv, bin, imgwire, BROWSER, ROOT } from "../support/program.ts";
import { type Service, startService } from "../../sandbox/client/service.ts";
import { removeFolder } from "../support/folder.ts";

const INSPECTOR = join(ROOT, "node_modules/.bin/mcp-inspector-cli");
const SUNSET = join(ROOT, "scripts/demo/sunset.jpg");

/** The command line of the official MCP Inspector, with which developers try servers out. */
describe("the MCP Inspector", () => {
  let service: Service;
  let folder: string;
  let settings: string[];

  beforeAll(async () => {
    service = await startService("--auto-approve");
    folder = mkdtempSync(join(tmpdir(), "inspector-"));
    const values = {
      IMGWIRE_MCP_URL: service.mcpUrl,
      IMGWIRE_CONFIG_DIR: folder,
      IMGWIRE_TOKEN_STORE: "file",
      IMGWIRE_UPLOAD_ROOTS: dirname(SUNSET)
    };
    settings = Object.entries(values).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const { code } = await imgwire(["login"], baseEnv({ ...values, BROWSER, DISPLAY: ":0" }));
    expect(code).toBe(0);
  });

  afterAll(async () => {
    await service?.stop();
    await removeFolder(folder);
  });

  async function inspect(...args: string[]): Promise<Record<string, unknown>> {
    const command = ["--cli", ...settings, process.execPath, bin("imgwire-mcp"), ...args];
    const { stdout } = await promisify(execFile)(INSPECTOR, command, { env: baseEnv() });
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it("lists the tools in the MCP Inspector", async () => {
    const { tools } = (await inspect("--method", "tools/list")) as { tools: { name: string }[] };
    const names = tools.map((tool) => tool.name);
    expect(names).toEqual(expect.arrayContaining(["whoami", "upload_image", "get_image_url", "list_images"]));
  });

  it("calls whoami from the MCP Inspector", async () => {
    const result = await inspect("--method", "tools/call", "--tool-name", "whoami");
    expect(result["isError"]).not.toBe(true);
    expect(JSON.stringify(result["content"])).toContain("organization");
  });

  it("uploads a file by its path from the MCP Inspector", async () => {
    const args = ["--method", "tools/call", "--tool-name", "upload_image", "--tool-arg", `path=${SUNSET}`];
    const result = await inspect(...args);
    expect(result["structuredContent"]).toMatchObject({
      image: { status: "READY", width: 1600, height: 1000 }
    });
  });
});
