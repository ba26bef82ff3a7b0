import { http, HttpResponse } from "msw";
import { request } from "undici";
import { expect, it } from "vitest";
import { startNetwork } from "./network.ts";

it("answers undici's requests with msw's handlers", async () => {
  const network = await startNetwork();
  network.use(
    http.post(`${network.origin}/echo`, async ({ request }) => HttpResponse.text(await request.text()))
  );
  const { statusCode, body } = await request(`${network.origin}/echo`, { method: "POST", body: "hello" });
  expect([statusCode, await body.text()]).toEqual([200, "hello"]);
  await network.close();
});

it("fails a test whose program sent an unexpected request", async () => {
  const network = await startNetwork();
  expect((await request(`${network.origin}/other?x=1`)).statusCode).toBe(500);
  await expect(network.close()).rejects.toThrow("No handler expected GET /other?x=1");
});

it("keeps test processes from connecting to another machine", async () => {
  await expect(request("http://192.0.2.1/")).rejects.toThrow("A test tried to connect to 192.0.2.1.");
});
