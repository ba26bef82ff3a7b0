import { createHttp } from "../../src/system/http.ts";
import { RateLimiter } from "../../src/system/rate-limiter.ts";
import { inspect } from "../../src/transfer/inspect.ts";
import { openApproved } from "../../src/transfer/open.ts";
import { put } from "../../src/transfer/put.ts";
import { parseTarget } from "../../src/transfer/signed-request.ts";
import { median } from "../bench/report.ts";
import { curl, type Site } from "./contenders.ts";
import { Hosted } from "./hosted.ts";
import { table } from "./report.ts";

/** Compares only the PUT: this program's and that of `curl -T` in turn, each with its own presigned URL. */
export async function compareSending(site: Site, path: string, rounds: number): Promise<void> {
  const hosted = await Hosted.connect(site.mcpUrl, site.accessToken);
  const http = createHttp({}, true);
  const { signal } = new AbortController();
  const policy = {
    uploadRoots: [site.folder],
    clientRoots: [],
    cwd: "/",
    home: "/",
    temp: [],
    platform: process.platform
  };
  const file = await openApproved(path, policy);
  const facts = await inspect(file);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = await hosted.create(path, `put ${round}`);
    const target = parseTarget(first.url, {});
    const renew = () => Promise.resolve(target);
    ours.push(await time(() => put({ http, file, facts, target, renew, pace: new RateLimiter(), signal })));
    const second = await hosted.create(path, `curl ${round}`);
    theirs.push(await time(() => curl(path, second.url)));
  }
  await file.handle.close();
  await http.close();
  await hosted.close();
  const rate = (ms: number): string => `${(facts.size / 1e6 / (ms / 1e3)).toFixed(0)} MB/s`;
  table(
    "Sending 100 MB, the PUT alone (median)",
    ["", "time", "rate"],
    [
      ["imgwire-mcp", `${median(ours).toFixed(0)} ms`, rate(median(ours))],
      ["curl -T", `${median(theirs).toFixed(0)} ms`, rate(median(theirs))],
      ["ratio", "", (median(theirs) / median(ours)).toFixed(2)]
    ]
  );
}

async function time(action: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}
