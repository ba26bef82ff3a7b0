import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { User } from "../../support/login.ts";
import { imgwire, BROWSER } from "../../support/program.ts";
import { answerMcp, type Arrived, type Scripted, ScriptedService } from "../../support/scripted-service.ts";

let service: ScriptedService;
let user: User;

/**
 * A service whose tokens expire after two seconds and name the client, and so the profile, that they belong
 * to.
 */
beforeEach(async () => {
  service = await ScriptedService.start({
    callback: ({ parameters }) => ({ code: parameters["client_id"] }),
    token
  });
  user = await User.create({ IMGWIRE_MCP_URL: service.mcpUrl, BROWSER });
});
afterEach(async () => {
  await user.remove();
  await service.stop();
});

let issued = 0;
function token({ parameters }: Arrived): Scripted {
  const owner = parameters["code"] ?? parameters["refresh_token"]?.split(".")[1];
  const n = ++issued;
  return {
    json: {
      access_token: `CANARY.${owner}.${n}`,
      refresh_token: `CANARY.${owner}.r${n}`,
      token_type: "Bearer",
      expires_in: 2
    }
  };
}

const ownerOf = ({ headers }: Arrived): string | undefined => headers.authorization?.split(".")[1];

/** A folder whose project file names a profile. */
async function project(name: string): Promise<string> {
  const folder = join(user.folder, "projects", name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, ".imgwire.json"), JSON.stringify({ profile: name }));
  return folder;
}

describe("two profiles", () => {
  it("uses two accounts in two folders at the same time, through every refresh [auth.profiles-apart]", async () => {
    const names = ["one", "two"];
    for (const name of names) expect((await user.run(["login", "--profile", name])).code).toBe(0);
    service.script.mcp = (request) => {
      const called = /"who":"(\w+)"/.exec(request.body)?.[1];
      if (called) served.push([called, ownerOf(request)]);
      return answerMcp(request);
    };
    const served: [string, string | undefined][] = [];
    const work = async (name: string): Promise<void> => {
      const driver = await user.agent({}, await project(name));
      for (let round = 0; round < 10; round++) {
        const calls = Array.from({ length: 50 }, () => driver.call("ping", { who: name }));
        for (const { result } of await Promise.all(calls)) expect(result?.["isError"]).not.toBe(true);
      }
    };
    await Promise.all(names.map(work));
    expect(served).toHaveLength(1_000);
    const owners = new Map(
      names.map((name) => [name, new Set(served.filter(([who]) => who === name).map(([, owner]) => owner))])
    );
    expect(owners.get("one")).toEqual(new Set(["client-1"]));
    expect(owners.get("two")).toEqual(new Set(["client-2"]));
  });

  it("keeps profiles independent: login, logout and removal of one don't affect the other's tokens [auth.profiles-apart]", async () => {
    await user.run(["login"]);
    await user.run(["login", "--profile", "work"]);
    const call = (profile: string) => user.run(["call", "ping", "--profile", profile]);
    expect((await call("default")).code).toBe(0);
    expect((await call("work")).code).toBe(0);
    const removed = await user.run(["profile", "remove", "work"]);
    expect(removed.code).toBe(0);
    expect((await call("work")).code).toBe(3);
    expect((await call("default")).code).toBe(0);
    await user.run(["login", "--profile", "work"]);
    await user.run(["logout"]);
    expect((await call("work")).code).toBe(0);
    expect((await call("default")).code).toBe(3);
    expect((await user.run(["logout", "--all"])).stdout).toContain("profile work");
    expect((await call("work")).code).toBe(3);
  });
});

describe("imgwire profile", () => {
  const list = async (env: Record<string, string> = {}) =>
    JSON.parse((await user.run(["profile", "list", "--json"], env)).stdout) as {
      profiles: { name: string; current: boolean; signedIn: boolean }[];
    };
  const current = async (env: Record<string, string> = {}) =>
    (await list(env)).profiles.find((each) => each.current)?.name;

  it("selects a profile by flag, by variable or by `profile use`, in that order [auth.profile-chosen]", async () => {
    await user.run(["login", "--profile", "work"]);
    expect(await current()).toBe("default");
    expect((await user.run(["profile", "use", "work"])).code).toBe(0);
    expect(await current()).toBe("work");
    expect(await current({ IMGWIRE_PROFILE: "other" })).toBe("other");
    const flagged = await user.run(["profile", "list", "--profile", "flagged"], { IMGWIRE_PROFILE: "other" });
    expect(flagged.stdout).toContain("* flagged");
    await user.run(["profile", "remove", "work"]);
    expect(await current()).toBe("default");
  });

  it("uses the profile named in a project file, unless the name is invalid [auth.profile-chosen]", async () => {
    const folder = await project("work");
    const listed = await imgwire(["profile", "list"], user.env, "", folder);
    expect(listed.stdout).toContain("* work");
    await writeFile(join(folder, ".imgwire.json"), JSON.stringify({ profile: "../x#y" }));
    const refused = await imgwire(["profile", "list"], user.env, "", folder);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(".imgwire.json");
  });

  it.each(["a#b", "", "../x", "x".repeat(65)])(
    "refuses the profile name %j [auth.profile-chosen]",
    async (name) => {
      expect((await user.run(["profile", "use", name])).code).toBe(2);
    }
  );

  it("names the profile in the command to type if nobody is signed in to it [auth.profile-chosen]", async () => {
    const outcome = await user.run(["whoami", "--profile", "work"]);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toContain("(profile work)");
    expect(outcome.stderr).toContain("`imgwire login --profile work`");
  });

  it("says that a profile to remove doesn't exist", async () => {
    const outcome = await user.run(["profile", "remove", "nobody"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("imgwire profile list");
  });
});
