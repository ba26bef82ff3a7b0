import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { signIn } from "../../sandbox/client/oauth.ts";
import { baseEnv, bin, imgwire } from "../support/program.ts";
import { freshFolder, picture, put } from "../transfer/samples.ts";

let sandbox: Sandbox;
let env: Record<string, string>;
let folder: Awaited<ReturnType<typeof freshFolder>>;

beforeAll(async () => {
  sandbox = await startSandbox({ autoApprove: true });
  folder = await freshFolder();
  env = baseEnv({
    IMGWIRE_MCP_URL: sandbox.mcpUrl,
    IMGWIRE_ACCESS_TOKEN: (await signIn(sandbox)).accessToken,
    IMGWIRE_CONFIG_DIR: join(folder.path, "config")
  });
});

afterAll(async () => {
  await sandbox.close();
  await folder.remove();
});

describe("imgwire tools", () => {
  it("lists the hosted and the local tools", async () => {
    const { stdout } = await imgwire(["tools", "--json"], env);
    const { tools } = JSON.parse(stdout) as { tools: { name: string }[] };
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "whoami",
        "upload_image",
        "upload_images",
        "download_images",
        "use_environment"
      ])
    );
    expect(names).toHaveLength(15);
  });
});

describe("imgwire tools --cost", () => {
  it("estimates what each tool costs a model, most expensive first [cli.tools-cost]", async () => {
    const { stdout } = await imgwire(["tools", "--cost", "--json"], env);
    const { tokens, tools } = JSON.parse(stdout) as {
      tokens: number;
      tools: { name: string; tokens: number }[];
    };
    expect(tools).toHaveLength(15);
    expect(tools.reduce((sum, tool) => sum + tool.tokens, 0)).toBe(tokens);
    expect(tools.map((tool) => tool.tokens)).toEqual(tools.map((tool) => tool.tokens).sort((a, b) => b - a));
    expect(tokens).toBeGreaterThan(1_000);
    expect(tokens).toBeLessThan(6_000);
    const less = await imgwire(["tools", "--cost", "--exclude-tools", "upload_*", "--json"], env);
    expect((JSON.parse(less.stdout) as { tokens: number }).tokens).toBeLessThan(tokens);
    const shown = await imgwire(["tools", "--cost"], env);
    expect(shown.stdout).toContain(`all\t${tokens}`);
    expect(shown.stderr).toContain("4 characters");
  });
});

describe("imgwire call", () => {
  it("accepts a call's arguments inline, from a file and from stdin, and prints the tool's result", async () => {
    const file = await put(folder.path, "arguments.json", '{"limit":1}');
    for (const args of ['{"limit":1}', `@${file}`, "-"]) {
      const { code, stdout } = await imgwire(
        ["call", "list_images", "--args", args, "--json"],
        env,
        '{"limit":1}'
      );
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, structuredContent: { limit: 1 } });
    }
  });

  it("removes Imgwire's control characters from plain output and keeps them in JSON", async () => {
    const name = "a\u001b]8;;x\u0007\u009b31m\u202e.png";
    await imgwire(["upload", await put(folder.path, name, await picture("png"))], env);
    const { stdout } = await imgwire(["call", "list_images", "--json"], env);
    // eslint-disable-next-line no-control-regex -- these very characters are looked for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    const { structuredContent } = JSON.parse(stdout) as {
      structuredContent: { images: { original_filename: string }[] };
    };
    expect(structuredContent.images.map((image) => image.original_filename)).toEqual([name]);
    const human = await imgwire(["call", "list_images"], env);
    // eslint-disable-next-line no-control-regex -- these very characters are looked for
    expect(human.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it.each(["{bad", "[1]", "@/nonexistent/file"])("refuses --args %s as wrong usage", async (args) => {
    const { code, stdout } = await imgwire(["call", "list_images", "--args", args, "--json"], env);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 2, error: { code: "usage" } });
  });

  it("says where to find the names if a tool is unknown", async () => {
    const { code, stdout } = await imgwire(["call", "list_pictures", "--json"], env);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 1,
      error: { code: "unknown_tool", hint: "To see all tools: imgwire tools" }
    });
  });
});

describe("a hosted server that accepts the first request and never answers", () => {
  it.each([
    ["SIGINT", ["whoami"], [null, "SIGINT"]],
    ["SIGTERM", ["tools"], [130, null]]
  ] as const)(
    "exits on %s although the hosted server never answers [cli.ends-by-signal]",
    async (signal, args, ended) => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
      const child = spawn(process.execPath, [bin("imgwire"), ...args], {
        env: { ...env, IMGWIRE_MCP_URL: url }
      });
      await once(server, "request");
      child.kill(signal);
      expect(await once(child, "exit")).toEqual(ended);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  );
});

describe("wrong usage", () => {
  it.each([
    { args: ["upload", "--bogus"], help: "imgwire upload --help" },
    { args: ["env", "use"], help: "imgwire env use --help" },
    { args: ["env", "bogus"], help: "imgwire env --help" },
    { args: ["bogus"], help: "imgwire --help" }
  ])("points to the command's own help on wrong usage of $args", async ({ args, help }) => {
    const { code, stdout } = await imgwire([...args, "--json"], env);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 2,
      error: { code: "usage", hint: `Run \`${help}\`.` }
    });
  });
});
