import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { baseEnv, bin } from "../support/program.ts";
import { type AskingServer, ENVIRONMENTS, FORMS, startAskingServer } from "./asking-server.ts";
import { removeFolder } from "../support/folder.ts";

const ERAS = ["legacy", "modern"] as const;
const [PRODUCTION, STAGING] = [ENVIRONMENTS[0]!, ENVIRONMENTS[1]!];

let folder: string;
let hosted: AskingServer;
const clients: Client[] = [];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "environment-")));
  mkdirSync(join(folder, "project"));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await hosted.close();
  await removeFolder(folder);
});

/** An agent, and how it starts the program. */
interface AgentOptions {
  era?: "legacy" | "modern";
  /** Answers forms. Without it, the agent can't ask its user. */
  user?: (schema: Record<string, Record<string, unknown>>) => Record<string, unknown> | undefined;
  roots?: string[];
  cwd?: string;
  env?: Record<string, string>;
}

async function agent({ era = "legacy", user, roots, cwd, env }: AgentOptions = {}): Promise<Client> {
  const capabilities = { ...(user && { elicitation: { form: {} } }), ...(roots && { roots: {} }) };
  const mode = era === "legacy" ? era : { pin: "2026-07-28" };
  const client = new Client(
    { name: "agent", version: "1.0.0" },
    { capabilities, versionNegotiation: { mode } }
  );
  if (user) {
    client.setRequestHandler("elicitation/create", ({ params }) => {
      const schema = (params as { requestedSchema: { properties: Record<string, Record<string, unknown>> } })
        .requestedSchema;
      const content = user(schema.properties);
      return content
        ? { action: "accept", content: content as Record<string, string> }
        : { action: "decline" };
    });
  }
  if (roots) {
    const listed = roots.map((root) => ({ uri: pathToFileURL(root).href }));
    client.setRequestHandler("roots/list", () => ({ roots: listed }));
  }
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [bin("imgwire-mcp")],
    cwd: cwd ?? join(folder, "project"),
    env: baseEnv({
      HOME: folder,
      IMGWIRE_MCP_URL: hosted.url,
      IMGWIRE_CONFIG_DIR: join(folder, "config"),
      IMGWIRE_ACCESS_TOKEN: "test",
      ...env
    })
  });
  await client.connect(transport);
  clients.push(client);
  return client;
}

/** Fails the test if the user is asked. */
function unasked(): never {
  throw new Error("the user was asked");
}

async function work(client: Client): Promise<{ text: string; isError: boolean }> {
  const { content, isError } = await client.callTool({ name: "work", arguments: {} });
  const text = content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
  return { text, isError: isError === true };
}

describe.each(ERAS)("a hosted server of the %s era that asks for the Environment", (hostedEra) => {
  describe.each(ERAS)("and an agent of the %s era", (era) => {
    it.each(Object.keys(FORMS) as (keyof typeof FORMS)[])(
      "answers with the selected Environment, offered as %s, without asking the user",
      async (form) => {
        hosted = await startAskingServer(hostedEra, form);
        const client = await agent({ era, user: unasked, env: { IMGWIRE_ENVIRONMENT: "staging" } });
        expect((await work(client)).text).toBe(form === "names" ? "staging" : STAGING.id);
        expect(hosted.headers.at(-1)).toBe(STAGING.id);
      }
    );

    it("answers with the selected Environment for an agent that can't ask its user", async () => {
      hosted = await startAskingServer(hostedEra, "oneOf");
      const client = await agent({ era, env: { IMGWIRE_ENVIRONMENT: STAGING.id } });
      expect((await work(client)).text).toBe(STAGING.id);
    });

    it("asks the user if no Environment is selected, and saves the answer on request", async () => {
      hosted = await startAskingServer(hostedEra, "enumNames");
      const asked: object[] = [];
      const client = await agent({
        era,
        user: (schema) => {
          asked.push(schema);
          return { environment_id: STAGING.id, remember: true };
        }
      });
      expect((await work(client)).text).toBe(STAGING.id);
      expect(asked).toEqual([
        { environment_id: FORMS.enumNames, remember: expect.objectContaining({ type: "boolean" }) as object }
      ]);
      expect(hosted.answers.at(-1)).toMatchObject({ content: { environment_id: STAGING.id } });
      expect(JSON.stringify(hosted.answers)).not.toContain("remember");
      const file = join(folder, "project", ".imgwire.json");
      expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
        environment: STAGING.id,
        environmentName: "staging"
      });
      expect((await work(client)).text).toBe(STAGING.id);
      expect(asked).toHaveLength(1);
    });

    it("says what to do if the user declines to choose an Environment", async () => {
      hosted = await startAskingServer(hostedEra, "enumNames");
      const { text, isError } = await work(await agent({ era, user: () => undefined }));
      expect(isError).toBe(true);
      expect(text).toContain("No Environment was chosen.");
      expect(text).toContain("imgwire env use");
      expect(text).toContain("Authorized Connections");
      expect(existsSync(join(folder, "project", ".imgwire.json"))).toBe(false);
    });

    it("says what to do if the agent can't ask for an Environment", async () => {
      hosted = await startAskingServer(hostedEra, "enumNames");
      expect((await work(await agent({ era }))).text).toContain("imgwire env use");
    });
  });
});

describe("the selected Environment", () => {
  beforeEach(async () => {
    hosted = await startAskingServer("legacy", "enumNames");
  });

  it("fails a call before it is sent if its Environment doesn't exist, and lists the existing ones", async () => {
    const { text, isError } = await work(await agent({ env: { IMGWIRE_ENVIRONMENT: "prodution" } }));
    expect(isError).toBe(true);
    expect(text).toContain('"prodution", chosen in IMGWIRE_ENVIRONMENT');
    expect(text).toContain("production, staging");
    expect(hosted.headers).toEqual([]);
  });

  it("searches for the project file upward from the client's root if the agent starts elsewhere", async () => {
    writeFileSync(join(folder, "project", ".imgwire.json"), '{"environment": "staging"}');
    mkdirSync(join(folder, "project", "deep"));
    const client = await agent({ user: unasked, roots: [join(folder, "project", "deep")], cwd: "/" });
    expect((await work(client)).text).toBe(STAGING.id);
  });

  it("uses each folder's own Environment if two are used at the same time", async () => {
    const names = Array.from({ length: 12 }, (_, index) => (index % 3 === 0 ? "staging" : "production"));
    const folders = ["production", "staging"].map((name) => {
      const path = join(folder, name);
      mkdirSync(path);
      writeFileSync(join(path, ".imgwire.json"), JSON.stringify({ environment: name }));
      return [name, path] as const;
    });
    const agents = new Map(
      await Promise.all(folders.map(async ([name, cwd]) => [name, await agent({ cwd })] as const))
    );
    const results = await Promise.all(names.map((name) => work(agents.get(name)!)));
    const ids = new Map([
      ["production", PRODUCTION.id],
      ["staging", STAGING.id]
    ]);
    expect(results.map(({ text }) => text)).toEqual(names.map((name) => ids.get(name)));
  });
});

it.each([
  ["truncated", "{broken"],
  ["of the wrong type", '{"environment": 5}'],
  ["a list", "[]"]
])(
  "fails the call and names the file if a project file is %s [mcp.unreadable-choice-fails]",
  async (_what, content) => {
    hosted = await startAskingServer("legacy", "enumNames");
    writeFileSync(join(folder, "project", ".imgwire.json"), content);
    const { text, isError } = await work(await agent());
    expect(isError).toBe(true);
    expect(text).toContain(join(folder, "project", ".imgwire.json"));
    expect(hosted.headers).toEqual([]);
  }
);

describe("use_environment", () => {
  beforeEach(async () => {
    hosted = await startAskingServer("legacy", "enumNames");
  });

  async function choose(client: Client, environment: string) {
    return client.callTool({ name: "use_environment", arguments: { environment } });
  }

  it("saves the Environment of use_environment in the client's root, keeps the rest of the file, and uses it from the next call on", async () => {
    const file = join(folder, "project", ".imgwire.json");
    writeFileSync(file, '{"team": "web"}');
    const client = await agent({ user: unasked, roots: [join(folder, "project")], cwd: "/" });
    const { structuredContent } = await choose(client, "Staging");
    expect(structuredContent).toMatchObject({ environment: { id: STAGING.id, name: "staging" }, file });
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      team: "web",
      environment: STAGING.id,
      environmentName: "staging"
    });
    expect((await work(client)).text).toBe(STAGING.id);
    await choose(client, PRODUCTION.id);
    expect((await work(client)).text).toBe(PRODUCTION.id);
  });

  it("refuses use_environment without a project folder", async () => {
    const result = await choose(await agent({ cwd: "/" }), "staging");
    expect(result.isError).toBe(true);
    expect(JSON.stringify(result.content)).toContain("imgwire env use");
    expect(existsSync("/.imgwire.json")).toBe(false);
  });

  it("refuses use_environment if the process was started for one Environment", async () => {
    const client = await agent({ env: { IMGWIRE_ENVIRONMENT: PRODUCTION.id } });
    const result = await choose(client, "staging");
    expect(result.isError).toBe(true);
    expect(JSON.stringify(result.content)).toContain("IMGWIRE_ENVIRONMENT");
    expect(existsSync(join(folder, "project", ".imgwire.json"))).toBe(false);
  });

  it("lists the existing Environments if use_environment gets an unknown name", async () => {
    const result = await choose(await agent(), "qa");
    expect(JSON.stringify(result.content)).toContain("production, staging");
  });
});
