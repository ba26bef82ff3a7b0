import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import type { Counterpart } from "../../sandbox/counterpart/counterpart.ts";
import { ROOT } from "../support/program.ts";
import { META } from "./envelope.ts";
import { respond } from "./intercept.ts";
import { startHosted, startProgram } from "./program.ts";

const EXTENSION = "io.modelcontextprotocol/skills";
const OWN = "skill://imgwire/SKILL.md";

interface Entry {
  uri: string;
  resources: { uri: string; digest: string; size: number }[];
}

/** The hosted server's skills: one of its own, and one with the same URI as ours. */
const entry = (uri: string, ...files: string[]): object => ({
  uri,
  frontmatter: { name: uri.split("/").at(-2), description: "hosted" },
  resources: [uri, ...files].map((each) => ({ uri: each, digest: `sha256:${"0".repeat(64)}`, size: 1 }))
});
const THEIRS = "skill://acme/charts/SKILL.md";
const HOSTED: Record<string, (params: Record<string, unknown>) => object> = {
  "tools/list": () => ({ tools: [] }),
  "skills/list": ({ cursor }) =>
    cursor === undefined
      ? { skills: [entry(OWN)], nextCursor: "2" }
      : { skills: [entry(THEIRS, "skill://acme/charts/a/b.md")] },
  "skills/get": ({ uri }) => ({ skill: entry(String(uri)) }),
  "resources/list": () => ({
    resources: [
      { uri: "test://a", name: "a" },
      { uri: OWN, name: "not ours" }
    ],
    nextCursor: "next"
  }),
  "resources/read": ({ uri }) => ({ contents: [{ uri, text: "hosted" }] })
};

/** Makes a counterpart answer as a hosted server with skills, in its own era only. */
function serveSkills(hosted: Counterpart, era: "legacy" | "modern"): void {
  const about = { capabilities: { tools: {}, resources: {}, extensions: { [EXTENSION]: {} } } };
  const opening: Record<string, object> =
    era === "legacy"
      ? { initialize: { protocolVersion: "2025-11-25", serverInfo: { name: "s", version: "1" }, ...about } }
      : { "server/discover": { supportedVersions: ["2026-07-28"], ...about } };
  hosted.intercept = (req, res, seen) => {
    const { body } = seen;
    if (req.method !== "POST") res.writeHead(405).end();
    else if (body?.id === undefined) res.writeHead(202).end();
    else {
      const result = opening[body.method!] ?? HOSTED[body.method!]?.(body.params ?? {});
      const hints = era === "modern" ? { resultType: "complete", ttlMs: 0, cacheScope: "private" } : {};
      const error = { code: -32601, message: "Method not found" };
      respond(res, seen, result ? { result: { ...result, ...hints } } : { error });
    }
    return true;
  };
}

const PAIRS = (["legacy", "modern"] as const).flatMap((agent) =>
  (["legacy", "modern"] as const).map((server) => [agent, server] as const)
);

describe.each(PAIRS)("a %s agent in front of a %s server with skills", (agentEra, serverEra) => {
  let agent: StdioDriver;
  const ask = async (method: string, params: object = {}) => {
    const meta = agentEra === "modern" ? { _meta: META } : {};
    return agent.request(method, { ...params, ...meta });
  };
  beforeEach(async () => {
    const hosted = await startHosted(serverEra);
    serveSkills(hosted, serverEra);
    agent = startProgram(hosted);
    if (agentEra === "legacy") await agent.initialize();
  });

  it("lists our skill next to the hosted ones, with digests of all files [mcp.skills-served]", async () => {
    const { result } = await ask("skills/list");
    const entries = result!["skills"] as Entry[];
    expect(entries.map(({ uri }) => uri)).toEqual([OWN, THEIRS]);
    for (const { uri, digest, size } of entries[0]!.resources) {
      const { result: file } = await ask("resources/read", { uri });
      const [{ text } = { text: "" }] = file!["contents"] as { text: string }[];
      expect(text).toBe(
        readFileSync(join(ROOT, "skills/imgwire", uri.replace("skill://imgwire/", "")), "utf8")
      );
      expect(`sha256:${createHash("sha256").update(text).digest("hex")}`).toBe(digest);
      expect(Buffer.byteLength(text)).toBe(size);
    }
    expect("ttlMs" in result!).toBe(agentEra === "modern");
    expect((await ask("skills/get", { uri: OWN })).result!["skill"]).toEqual(entries[0]);
  });

  it("never returns hosted text as our skill, and returns the hosted skills [mcp.skills-served]", async () => {
    expect((await ask("resources/read", { uri: "skill://imgwire/references/none.md" })).error?.code).toBe(
      -32602
    );
    expect((await ask("resources/read", { uri: THEIRS })).result).toMatchObject({
      contents: [{ text: "hosted" }]
    });
    expect((await ask("skills/get", { uri: THEIRS })).result).toMatchObject({ skill: { uri: THEIRS } });
    const { result } = await ask("resources/list");
    const listed = result!["resources"] as { uri: string; name: string }[];
    expect(listed.map(({ uri, name }) => [uri, name])).toEqual([
      ["test://a", "a"],
      [OWN, "imgwire"]
    ]);
    expect(result!["nextCursor"]).toBe("next");
  });

  it("lists the folders of our skill and of hosted ones, although the hosted server has no method for that [mcp.skills-served]", async () => {
    const children = async (uri: string): Promise<unknown> =>
      (await ask("resources/directory/read", { uri })).result?.["resources"];
    expect(await children("skill://imgwire")).toMatchObject([
      { uri: OWN, mimeType: "text/markdown" },
      { uri: "skill://imgwire/references", mimeType: "inode/directory" }
    ]);
    expect(await children("skill://acme/charts/")).toMatchObject([
      { uri: THEIRS },
      { uri: "skill://acme/charts/a", mimeType: "inode/directory" }
    ]);
    for (const uri of [OWN, "skill://nobody", 5])
      expect((await ask("resources/directory/read", { uri })).error?.code).toBe(-32602);
  });
});

describe("a hosted server that can't be reached", () => {
  it("offers our skill even if the hosted server can't be reached [mcp.skills-served]", async () => {
    const env = { HTTPS_PROXY: "http://127.0.0.1:1", IMGWIRE_ACCESS_TOKEN: "" };
    const agent = startProgram({ url: "https://mcp.imgwire.dev/mcp" }, { env });
    const { result } = await agent.initialize();
    expect(result).toMatchObject({
      capabilities: { resources: {}, extensions: { [EXTENSION]: { directoryRead: true } } }
    });
    const { result: listed } = await agent.request("skills/list", {});
    expect((listed!["skills"] as Entry[]).map(({ uri }) => uri)).toEqual([OWN]);
    expect((await agent.request("resources/templates/list", {})).result).toEqual({ resourceTemplates: [] });
  });
});
