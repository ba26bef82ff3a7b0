import { afterEach, beforeEach, expect, it } from "vitest";
import { ImgwireError, RateLimitedError } from "../../src/errors.ts";
import { createHttp, type Http } from "../../src/system/http.ts";
import { type FileOutcome, uploadAll } from "../../src/transfer/batch.ts";
import type { UploadService } from "../../src/transfer/service.ts";
import { freshFolder, picture, put } from "./samples.ts";
import { startStorage, type Storage } from "./storage.ts";

let storage: Storage;
let http: Http;
let folder: Awaited<ReturnType<typeof freshFolder>>;
let files: { path: string }[];

beforeEach(async () => {
  storage = await startStorage();
  http = createHttp({}, true);
  folder = await freshFolder();
  files = [];
  for (let index = 0; index < 40; index++) {
    files.push({ path: await put(folder.path, `${index}.png`, await picture()) });
  }
});

afterEach(async () => {
  await http.close();
  await storage.close();
  await folder.remove();
});

/** A service that accepts a number of files and rejects all others with this error. */
function serviceThatStops(after: number, code: string) {
  let created = 0;
  const service: UploadService = {
    create() {
      created += 1;
      if (created > after) return Promise.reject(new ImgwireError(code, "No active subscription."));
      const image = { id: String(created), status: "READY" };
      return Promise.resolve({ image, target: { url: new URL(`/${created}`, storage.url), headers: {} } });
    },
    retrieve: (id) => Promise.resolve({ id, status: "READY" })
  };
  return { service, created: () => created };
}

function upload(service: UploadService): Promise<readonly FileOutcome[]> {
  return uploadAll(files, {
    service,
    http: () => Promise.resolve(http),
    policy: {
      uploadRoots: [folder.path],
      clientRoots: [],
      cwd: folder.path,
      home: "/nonexistent",
      temp: [],
      platform: process.platform
    },
    concurrency: 4,
    signal: new AbortController().signal
  });
}

it.each(["PaymentRequiredError", "ResourceNotAuthorizedError", "forbidden", "environment_unknown"])(
  "stops a batch at the first %s, and reports it once [transfer.batch-stops]",
  async (code) => {
    const { service, created } = serviceThatStops(0, code);
    await expect(upload(service)).rejects.toMatchObject({ code, message: "No active subscription." });
    expect(created()).toBeLessThanOrEqual(4);
  }
);

it("keeps what was uploaded before a batch had to stop [transfer.batch-stops]", async () => {
  const { service, created } = serviceThatStops(10, "PaymentRequiredError");
  const outcomes = await upload(service);
  expect(outcomes).toHaveLength(40);
  expect(outcomes.filter((outcome) => "uploaded" in outcome)).toHaveLength(10);
  expect(created()).toBeLessThanOrEqual(14);
  const untried = outcomes.filter(
    (each) => "error" in each && (each.error as ImgwireError).code === "not_tried"
  );
  expect(untried.length).toBeGreaterThanOrEqual(26);
});

it("continues a batch after an error that concerns a single file [transfer.batch-stops]", async () => {
  const { service } = serviceThatStops(0, "ResourceNotFoundError");
  await put(folder.path, "0.png", "no image");
  const outcomes = await upload(service);
  expect(outcomes.map(({ path }) => path)).toEqual(files.map(({ path }) => path));
  expect(outcomes.every((outcome) => "error" in outcome)).toBe(true);
});

it("waits as long as the service's Retry-After, and loses no file to its rate limit [transfer.paced]", async () => {
  let [second, used, refused] = [0, 0, 0];
  const { service } = serviceThatStops(Infinity, "");
  const limited: UploadService = {
    ...service,
    create(file) {
      const now = Math.floor(performance.now() / 200);
      if (now !== second) [second, used] = [now, 0];
      used += 1;
      if (used <= 8) return service.create(file);
      refused += 1;
      return Promise.reject(new RateLimitedError("Too many.", 200));
    }
  };
  const outcomes = await upload(limited);
  expect(outcomes.filter((outcome) => "uploaded" in outcome)).toHaveLength(40);
  expect(refused).toBeGreaterThan(0);
});
