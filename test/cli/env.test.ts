import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { baseEnv, imgwire, type Outcome, BROWSER } from "../support/program.ts";
import { type Service, startService } from "../../sandbox/client/service.ts";
import { removeFolder } from "../support/folder.ts";

describe("imgwire env", () => {
  let service: Service;
  let folder: string;
  let project: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    service = await startService("--auto-approve", "--environments", "production,staging,Staging,qa");
    folder = realpathSync(mkdtempSync(join(tmpdir(), "env-")));
    project = join(folder, "project");
    env = baseEnv({
      IMGWIRE_MCP_URL: service.mcpUrl,
      IMGWIRE_CONFIG_DIR: join(folder, "config"),
      IMGWIRE_TOKEN_STORE: "file",
      BROWSER,
      DISPLAY: ":0"
    });
    expect((await imgwire(["login"], env)).code).toBe(0);
  });
  afterAll(async () => {
    await service?.stop();
    await removeFolder(folder);
  });
  beforeEach(async () => {
    await removeFolder(project);
    mkdirSync(join(project, "deep"), { recursive: true });
    await imgwire(["env", "clear"], env);
  });

  async function answer(...args: string[]): Promise<Record<string, unknown>> {
    return answerIn(folder, ...args);
  }

  async function answerIn(cwd: string, ...args: string[]): Promise<Record<string, unknown>> {
    return parse(await imgwire([...args, "--json"], env, "", cwd));
  }

  function parse({ stdout }: Outcome): Record<string, unknown> {
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  it("lists the Environments from whoami and marks the current one", async () => {
    const { environments } = (await answer("env", "list")) as { environments: Record<string, unknown>[] };
    expect(environments.map(({ name }) => name)).toEqual(["production", "staging", "Staging", "qa"]);
    expect(environments[0]).toMatchObject({ default: true, linked: true, current: true });
    expect((await imgwire(["env", "list"], env)).stdout).toMatch(/^\* production .* default, linked$/m);
  });

  it("selects an Environment for the user", async () => {
    const used = await answer("env", "use", "qa");
    expect(used).toMatchObject({
      environment: { name: "qa" },
      scope: "user",
      inForce: true,
      reported: { name: "production" }
    });
    const current = await answer("env", "current");
    expect(current).toMatchObject({ environment: { name: "qa" }, source: "user config" });
  });

  it("selects an Environment for a project folder and its subfolders, which wins over the user's", async () => {
    await answer("env", "use", "qa");
    writeFileSync(join(project, ".imgwire.json"), '{"other": true}');
    const { environment } = (await answerIn(project, "env", "use", "staging", "--project")) as {
      environment: { id: string };
    };
    expect(JSON.parse(readFileSync(join(project, ".imgwire.json"), "utf8"))).toEqual({
      other: true,
      environment: environment.id,
      environmentName: "staging"
    });
    expect(await answerIn(join(project, "deep"), "env", "current")).toEqual({
      environment: { id: environment.id, name: "staging" },
      source: "project file",
      place: join(project, ".imgwire.json")
    });
    expect(await answerIn(project, "env", "use", "production")).toMatchObject({
      inForce: false,
      note: expect.stringContaining(`set in ${join(project, ".imgwire.json")}`) as string
    });
    await answerIn(project, "env", "clear", "--project");
    expect(await answerIn(project, "env", "current")).toMatchObject({ environment: { name: "production" } });
  });

  it("says that clear removed an Environment only if one was set", async () => {
    for (const scope of [[], ["--project"]]) {
      await answerIn(project, "env", "use", "qa", ...scope);
      const clear = async (): Promise<string> =>
        (await imgwire(["env", "clear", ...scope], env, "", project)).stdout.split("\n")[0] ?? "";
      expect(await clear()).toMatch(/^Removed (your|the) Environment from .+\.json\.$/);
      expect(await clear()).toMatch(/^Nothing to clear: no Environment is set in .+\.json\.$/);
    }
  });

  it("shows the hosted link if no Environment is selected, and a flag if one is given", async () => {
    expect(await answer("env", "current")).toMatchObject({
      environment: { name: "production" },
      source: "hosted link"
    });
    expect(await answer("env", "current", "--environment", "qa")).toMatchObject({
      environment: { name: "qa" },
      source: "flag",
      place: "--environment"
    });
  });

  it("ignores the case of an Environment's name only if that is unambiguous", async () => {
    expect(await answer("env", "use", "QA")).toMatchObject({ environment: { name: "qa" } });
    expect(await answer("env", "use", "Staging")).toMatchObject({ environment: { name: "Staging" } });
    const ambiguous = await imgwire(["env", "use", "STAGING"], env);
    expect(ambiguous.code).toBe(1);
    expect(ambiguous.stderr).toMatch(/several.*\n.*id: [0-9a-f-]{36} \(staging\), [0-9a-f-]{36} \(Staging\)/);
  });

  it("lists the existing Environments if the name is unknown", async () => {
    const outcome = await imgwire(["env", "use", "prod", "--json"], env);
    expect(outcome.code).toBe(1);
    expect(parse(outcome)).toEqual({
      error: {
        code: "environment_unknown",
        message: 'There is no Environment "prod".',
        hint: "Choose from: production, staging, Staging, qa."
      }
    });
  });

  it("uses each folder's Environment in concurrent calls", async () => {
    const names = ["staging", "qa"];
    const ids = await Promise.all(
      names.map(async (name) => {
        const cwd = join(project, name);
        mkdirSync(cwd);
        writeFileSync(join(cwd, ".imgwire.json"), JSON.stringify({ environment: name }));
        const args = ["call", "create_client_token", "--args", JSON.stringify({ name }), "--json"];
        const result = parse(await imgwire(args, env, "", cwd));
        return (result["structuredContent"] as { environment_id?: string }).environment_id;
      })
    );
    const { environments } = (await answer("env", "list")) as {
      environments: { id: string; name: string }[];
    };
    expect(ids).toEqual(names.map((name) => environments.find((each) => each.name === name)?.id));
  });

  it("requires a sign-in to list Environments", async () => {
    const outcome = await imgwire(["env", "list", "--json"], {
      ...env,
      IMGWIRE_CONFIG_DIR: join(folder, "signed-out")
    });
    expect(outcome.code).toBe(3);
    expect(parse(outcome)).toMatchObject({ error: { code: "sign_in_needed" } });
  });
});
